#include <cerrno>
#include <cstring>

#include "exports.h"
#include "rings.h"
#include "values.h"

namespace framelane {
namespace {

std::uint32_t count_readers(const fl_map &map, std::uint32_t *held) {
  std::uint32_t count = 0;
  std::uint32_t high = fl__load32(fl__at(&map, FL_AT_HIGH_WATER));
  for (std::uint32_t i = 0; i < high && i < map.readers; i++) {
    if (!fl__locked(map.fd, fl__reader_at(&map, i))) continue;
    count++;
    for (std::uint32_t k = 0; k < FL_PINS; k++) *held += fl__load32(fl__reader(&map, i) + FL_READER_PIN + 4 * k) != 0;
  }
  return count;
}

void describe(napi_env env, napi_value object, const fl_map &map) {
  std::uint32_t held = 0;
  put(env, object, "slots", map.slots);
  put(env, object, "maxReaders", map.readers);
  put(env, object, "capacity", static_cast<double>(map.capacity));
  put(env, object, "bytes", static_cast<double>(map.total));
  put(env, object, "lossless", (map.flags & FL_FLAG_LOSSLESS) != 0 ? 1 : 0);
  put(env, object, "sequence", static_cast<double>(fl__seq(fl__load64(fl__at(&map, FL_AT_LATEST)))));
  put(env, object, "dropped", static_cast<double>(fl__load64(fl__at(&map, FL_AT_DROPPED))));
  put(env, object, "epoch", static_cast<double>(fl__load64(fl__at(&map, FL_AT_EPOCH))));
  put(env, object, "pid", fl__load32(fl__at(&map, FL_AT_PID)));
  put(env, object, "state", fl__load32(fl__at(&map, FL_AT_STATE)));
  put(env, object, "createdMs", static_cast<double>(fl__load64(fl__at(&map, FL_AT_CREATED))) / 1e6);
  put(env, object, "readers", count_readers(map, &held));
  put(env, object, "held", held);
}

// (name) -> {status, errno, producerAlive, ...}; the rest only with status 0
napi_value inspect(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  fl_map map;
  napi_value object = nullptr;
  napi_create_object(env, &object);
  int status = fl__open_file(&map, arguments.text(0).c_str(), O_RDONLY);
  int failure = errno;
  put(env, object, "producerAlive", map.fd >= 0 && fl__locked(map.fd, FL_LOCK_PRODUCER) ? 1 : 0);
  if (status == FL_OK) {
    void *base = mmap(nullptr, map.data, PROT_READ, MAP_SHARED, map.fd, 0);
    failure = errno;
    if (base == MAP_FAILED) {
      status = fl__errno_status();
    } else {
      map.base = static_cast<std::uint8_t *>(base);
      describe(env, object, map);
      munmap(base, map.data);
      map.base = nullptr;
    }
  }
  put(env, object, "status", status);
  put(env, object, "errno", status == FL_E_SYSTEM ? failure : 0);
  fl__unmap(&map);
  return object;
}

// (name, force) -> fl_status. Ends a ring without a producer and removes its name; with force, also one with.
napi_value remove_ring(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  fl_map map;
  int status = fl__open_file(&map, arguments.text(0).c_str(), O_RDWR);
  bool understood = status == FL_OK;
  if (map.fd < 0) return js_int(env, status);
  bool ours = fl__lock(map.fd, F_WRLCK, FL_LOCK_PRODUCER);
  if (!ours && !arguments.flag(1)) {
    fl__unmap(&map);
    return js_int(env, FL_E_BUSY);
  }
  // A producer may have put a new ring under the name while we opened the old one: that one is not ours to remove.
  if (ours && !fl__still_named(&map)) {
    fl__unmap(&map);
    return js_int(env, FL_E_BUSY);
  }
  status = unlink(map.path) == 0 ? FL_OK : fl__errno_status();
  if (understood && ours && fl__map_file(&map, PROT_READ | PROT_WRITE) == FL_OK) {
    fl__put32(&map, FL_AT_STATE, FL_STATE_CLOSED);
    fl__notify(&map);
  }
  fl__unmap(&map);
  return js_int(env, status);
}

// (name, scratch) -> Uint8Array with a copy of the latest frame, or a negative fl_status (0: no frame yet)
napi_value snapshot(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  fl_frame frame;
  int status = fl_snapshot(arguments.text(0).c_str(), &frame);
  if (status != FL_OK) return js_int(env, status == FL_AGAIN ? 0 : status);
  void *data = nullptr;
  napi_value buffer = nullptr, result = nullptr;
  napi_create_arraybuffer(env, frame.payload, &data, &buffer);
  std::memcpy(data, frame.data, frame.payload);
  free(frame.data);
  fl__write_slot(arguments.buffer(1), &frame);
  napi_create_typedarray(env, napi_uint8_array, frame.payload, buffer, 0, &result);
  return result;
}

// () -> errno of the last open that failed
napi_value last_errno(napi_env env, napi_callback_info) { return js_int(env, Rings::of(env)->failure); }

// () -> whether this runtime allows ArrayBuffers over foreign memory (Electron does not)
napi_value lends_memory(napi_env env, napi_callback_info) {
  static std::uint8_t byte = 0;
  napi_value buffer = lend(env, &byte, 1, nullptr, nullptr);
  if (buffer != nullptr) napi_detach_arraybuffer(env, buffer);
  return js_bool(env, buffer != nullptr);
}

}  // namespace

void export_inspection(napi_env env, napi_value exports) {
  export_method(env, exports, "inspect", inspect);
  export_method(env, exports, "removeRing", remove_ring);
  export_method(env, exports, "snapshot", snapshot);
  export_method(env, exports, "lastErrno", last_errno);
  export_method(env, exports, "lendsMemory", lends_memory);
}

}  // namespace framelane
