#include "rings.h"

#include "sigbus_guard.h"
#include "values.h"

namespace framelane {

Callback::Callback(napi_env env, napi_value function) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, "framelane ring", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, function, nullptr, name, 0, 1, nullptr, nullptr, nullptr, nullptr, &function_);
  napi_unref_threadsafe_function(env, function_);
}

Callback::~Callback() { napi_release_threadsafe_function(function_, napi_tsfn_abort); }

void Callback::keep_alive(napi_env env, bool yes) const {
  if (yes) {
    napi_ref_threadsafe_function(env, function_);
  } else {
    napi_unref_threadsafe_function(env, function_);
  }
}

void Ring::talk_through(napi_env in, napi_value scratch_buffer, napi_value on_change) {
  env = in;
  void *data = nullptr;
  std::size_t bytes = 0;
  napi_get_arraybuffer_info(env, scratch_buffer, &data, &bytes);
  scratch = static_cast<std::uint8_t *>(data);
  napi_create_reference(env, scratch_buffer, 1, &scratch_reference);
  callback = std::make_unique<Callback>(env, on_change);
}

bool Ring::wait_for(std::uint32_t *word, std::uint32_t seen) {
  // The first call starts the thread; it must not see an older word than the caller did, or it would sleep through.
  if (waiter == nullptr) waiter = std::make_unique<Waiter>(word, [this] { callback->call(); });
  callback->keep_alive(env, true);
  if (!waiter->arm(seen)) return false;
  callback->keep_alive(env, false);
  return true;
}

void Ring::stop_waiting() {
  if (waiter != nullptr) waiter->disarm();
  callback->keep_alive(env, false);
}

Ring::~Ring() {
  if (scratch_reference != nullptr) napi_delete_reference(env, scratch_reference);
}

// The thread goes before the memory it looks at.
PublisherRing::~PublisherRing() {
  waiter.reset();
  unguard_range(publisher.map.base);
  fl_publisher_close(&publisher, false);
}

SubscriberRing::~SubscriberRing() {
  waiter.reset();
  unguard_range(subscriber.map.base);
  fl_subscriber_close(&subscriber);
}

napi_value lend(napi_env env, void *data, std::size_t bytes, napi_finalize on_forgotten, void *hint) {
  napi_value buffer = nullptr;
  napi_status status = napi_create_external_arraybuffer(env, data, bytes, on_forgotten, hint, &buffer);
  return status == napi_ok ? buffer : nullptr;
}

namespace {

// Runs before the environment is torn down, also when a worker is terminated: rings are closed, pins given back, names
// unlinked. Not on process.exit() in the main thread: src/ring/publisher.ts sees to that.
void close_all(void *data) {
  auto *rings = static_cast<Rings *>(data);
  rings->subscribers.clear();
  rings->publishers.clear();
}

void forget(napi_env, void *data, void *) { delete static_cast<Rings *>(data); }

}  // namespace

void keep_rings(napi_env env) {
  auto *rings = new Rings;
  napi_set_instance_data(env, rings, forget, nullptr);
  napi_add_env_cleanup_hook(env, close_all, rings);
}

}  // namespace framelane
