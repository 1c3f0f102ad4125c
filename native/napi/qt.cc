// QSharedMemory for JavaScript: thin calls; which of them make a segment, a lock or a clean-up is decided in src/qt/.
#include <memory>

#include "exports.h"
#include "qt_lock.h"
#include "qt_segment.h"
#include "values.h"

namespace framelane {
namespace {

using qt::Mapping;
using Share = std::shared_ptr<Mapping>;

void let_go(napi_env, void *, void *hint) { delete static_cast<Share *>(hint); }
void let_go_handle(napi_env, void *data, void *) { delete static_cast<Share *>(data); }

Share &share_of(napi_env env, napi_value handle) {
  void *data = nullptr;
  napi_get_value_external(env, handle, &data);
  return *static_cast<Share *>(data);
}

// {memory, handle}: both keep the mapping, so that no view of it ever outlives it. memory is null where the runtime
// forbids foreign memory.
napi_value mapped(napi_env env, Mapping *mapping) {
  Share share(mapping);
  napi_value object = nullptr, memory = nullptr, handle = nullptr;
  napi_create_object(env, &object);
  auto *lent = new Share(share);
  if (napi_create_external_arraybuffer(env, mapping->base(), mapping->bytes(), let_go, lent, &memory) != napi_ok) {
    delete lent;
    memory = js_null(env);
  }
  napi_create_external(env, new Share(share), let_go_handle, nullptr, &handle);
  napi_set_named_property(env, object, "memory", memory);
  napi_set_named_property(env, object, "handle", handle);
  return object;
}

key_t key_of(const Arguments &arguments, std::size_t i) { return static_cast<key_t>(arguments.u32(i)); }
int id_of(const Arguments &arguments, std::size_t i) { return static_cast<int>(arguments.u32(i)); }

// (key, bytes) -> id
napi_value segment_find(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, qt::find_segment(key_of(arguments, 0), static_cast<std::size_t>(arguments.number(1))));
}

// (id) -> {bytes, attached, creator, last}, or -errno
napi_value segment_facts(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  qt::SegmentFacts facts;
  int status = qt::segment_facts(id_of(arguments, 0), &facts);
  if (status < 0) return js_int(env, status);
  napi_value object = nullptr;
  napi_create_object(env, &object);
  put(env, object, "bytes", static_cast<double>(facts.bytes));
  put(env, object, "attached", static_cast<double>(facts.attached));
  put(env, object, "creator", facts.creator);
  put(env, object, "last", facts.last);
  return object;
}

// (id) -> 0 or -errno
napi_value segment_remove(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, qt::remove_segment(id_of(arguments, 0)));
}

// (id) -> {memory, handle} or -errno
napi_value segment_map(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int failure = 0;
  Mapping *mapping = qt::map_segment(id_of(arguments, 0), &failure);
  return mapping == nullptr ? js_int(env, failure) : mapped(env, mapping);
}

// (name, bytes) -> {memory, handle} or -errno
napi_value posix_map(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int failure = 0;
  Mapping *mapping =
      qt::map_posix(arguments.text(0).c_str(), static_cast<std::size_t>(arguments.number(1)), &failure);
  return mapping == nullptr ? js_int(env, failure) : mapped(env, mapping);
}

// (name) -> 0 or -errno
napi_value posix_unlink(napi_env env, napi_callback_info info) {
  return js_int(env, qt::unlink_posix(Arguments(env, info).text(0).c_str()));
}

// (memory, handle): the views of the memory have no bytes from then on
napi_value unmap(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  if (!arguments.is_nothing(0)) napi_detach_arraybuffer(env, arguments.at(0));
  share_of(env, arguments.at(1))->leave();
  return nullptr;
}

// (handle) -> whether the file was cut short under the mapping
napi_value is_cut(napi_env env, napi_callback_info info) {
  return js_bool(env, share_of(env, Arguments(env, info).at(0))->cut());
}

// (key, make) -> id
napi_value semaphore_find(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, qt::find_semaphore(key_of(arguments, 0), arguments.flag(1)));
}

// (id, timeout) -> 0 or -errno
napi_value semaphore_take(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, qt::take_semaphore(id_of(arguments, 0), arguments.u32(1)));
}

napi_value semaphore_give(napi_env env, napi_callback_info info) {
  return js_int(env, qt::give_semaphore(id_of(Arguments(env, info), 0)));
}

napi_value semaphore_remove(napi_env env, napi_callback_info info) {
  return js_int(env, qt::remove_semaphore(id_of(Arguments(env, info), 0)));
}

void close_forgotten(napi_env, void *data, void *) { sem_close(static_cast<sem_t *>(data)); }

sem_t *semaphore_of(napi_env env, napi_value handle) {
  void *data = nullptr;
  napi_get_value_external(env, handle, &data);
  return static_cast<sem_t *>(data);
}

// (name, make) -> handle or -errno
napi_value posix_semaphore_open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int failure = 0;
  sem_t *semaphore = qt::open_posix_semaphore(arguments.text(0).c_str(), arguments.flag(1), &failure);
  if (semaphore == nullptr) return js_int(env, failure);
  napi_value handle = nullptr;
  napi_create_external(env, semaphore, close_forgotten, nullptr, &handle);
  return handle;
}

// (handle, timeout) -> 0 or -errno
napi_value posix_semaphore_take(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, qt::take_posix_semaphore(semaphore_of(env, arguments.at(0)), arguments.u32(1)));
}

napi_value posix_semaphore_give(napi_env env, napi_callback_info info) {
  sem_post(semaphore_of(env, Arguments(env, info).at(0)));
  return nullptr;
}

napi_value posix_semaphore_unlink(napi_env env, napi_callback_info info) {
  return js_int(env, qt::unlink_posix_semaphore(Arguments(env, info).text(0).c_str()));
}

}  // namespace

void export_qt(napi_env env, napi_value exports) {
  export_method(env, exports, "segmentFind", segment_find);
  export_method(env, exports, "segmentFacts", segment_facts);
  export_method(env, exports, "segmentRemove", segment_remove);
  export_method(env, exports, "segmentMap", segment_map);
  export_method(env, exports, "posixMap", posix_map);
  export_method(env, exports, "posixUnlink", posix_unlink);
  export_method(env, exports, "unmap", unmap);
  export_method(env, exports, "isCut", is_cut);
  export_method(env, exports, "semaphoreFind", semaphore_find);
  export_method(env, exports, "semaphoreTake", semaphore_take);
  export_method(env, exports, "semaphoreGive", semaphore_give);
  export_method(env, exports, "semaphoreRemove", semaphore_remove);
  export_method(env, exports, "posixSemaphoreOpen", posix_semaphore_open);
  export_method(env, exports, "posixSemaphoreTake", posix_semaphore_take);
  export_method(env, exports, "posixSemaphoreGive", posix_semaphore_give);
  export_method(env, exports, "posixSemaphoreUnlink", posix_semaphore_unlink);
}

}  // namespace framelane
