#include <cerrno>
#include <cstring>

#include "exports.h"
#include "rings.h"
#include "sigbus_guard.h"
#include "values.h"

namespace framelane {
namespace {

// Words behind the slot header in the scratch memory; src/native.ts reads them.
enum { kSlotWord = FL_SLOT_BYTES / 4, kPinWord, kForgottenWord };

SubscriberRing &ring_of(napi_env env, const Arguments &arguments) {
  return *Rings::of(env)->subscribers[arguments.u32(0)];
}

// (name, mode, lossless, start, scratch, onChange) -> id, or a negative fl_status
napi_value open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  fl_subscriber_options options = {};
  options.mode = static_cast<fl_mode>(arguments.u32(1));
  options.lossless = static_cast<fl_lossless>(arguments.u32(2));
  options.start = static_cast<fl_start>(arguments.u32(3));
  // JavaScript has no read-only memory: a write into it would be SIGSEGV instead of an error.
  options.writable = true;
  auto ring = std::make_unique<SubscriberRing>();
  int status = fl_subscriber_open(&ring->subscriber, arguments.text(0).c_str(), &options);
  Rings::of(env)->failure = errno;
  if (status != FL_OK) return js_int(env, status);
  guard_range(ring->subscriber.map.base, ring->subscriber.map.total);
  ring->talk_through(env, arguments.at(4), arguments.at(5));
  return js_int(env, static_cast<std::int32_t>(seat(Rings::of(env)->subscribers, std::move(ring))));
}

// (id) -> sequence of the frame now held; 0 - status when there is none. Its slot header is in the scratch memory.
napi_value take(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  // Where pages were lost there are zeros now: no frame of such a segment can be believed.
  bool cut = guard_tripped(ring.subscriber.map.base);
  int status = cut ? FL_E_DAMAGED : fl_subscriber_take(&ring.subscriber, &ring.frame);
  if (status == FL_AGAIN && guard_tripped(ring.subscriber.map.base)) status = FL_E_DAMAGED;
  if (status != FL_OK) return js_int(env, status > 0 ? -status : status - 100);
  ring.generation[ring.frame.pin] = ++Rings::of(env)->taken;
  fl__write_slot(ring.scratch, &ring.frame);
  auto *words = reinterpret_cast<std::uint32_t *>(ring.scratch);
  words[kSlotWord] = ring.frame.slot;
  words[kPinWord] = ring.frame.pin;
  words[kForgottenWord] = ring.forgotten;
  return js_number(env, static_cast<double>(ring.frame.seq));
}

// Tells the processor that we spin.
inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  asm volatile("yield");
#endif
}

/// What the collector finds when a frame was dropped without release().
struct Forgotten {
  std::uint32_t id, pin;
  std::uint64_t generation;
};

void close_when_unused(Rings &rings, std::uint32_t id) {
  auto &place = rings.subscribers[id];
  if (place->closing && !fl__holding(&place->subscriber)) place.reset();
}

void on_collected(napi_env env, void *, void *hint) {
  auto *loan = static_cast<Forgotten *>(hint);
  Rings *rings = Rings::of(env);
  SubscriberRing *ring = rings != nullptr && loan->id < rings->subscribers.size() ? rings->subscribers[loan->id].get() : nullptr;
  if (ring != nullptr && ring->subscriber.pinned[loan->pin] && ring->generation[loan->pin] == loan->generation) {
    fl__unpin(&ring->subscriber, loan->pin);
    ring->forgotten++;
    close_when_unused(*rings, loan->id);
  }
  delete loan;
}

// (id, slot, pin, bytes) -> ArrayBuffer over the pixels, or null
napi_value pixels(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  std::uint32_t pin = arguments.u32(2);
  auto *loan = new Forgotten{arguments.u32(0), pin, ring.generation[pin]};
  void *data = fl__pixels(&ring.subscriber.map, arguments.u32(1));
  napi_value buffer = lend(env, data, static_cast<std::size_t>(arguments.number(3)), on_collected, loan);
  if (buffer != nullptr) return buffer;
  delete loan;
  return js_null(env);
}

// (id, slot, Uint8Array): copies the slot's first bytes, for runtimes without external memory
napi_value copy(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::size_t length = 0;
  std::uint8_t *to = arguments.bytes(2, &length);
  std::memcpy(to, fl__pixels(&ring_of(env, arguments).subscriber.map, arguments.u32(1)), length);
  return nullptr;
}

// (id, pin)
napi_value release(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  std::uint32_t pin = arguments.u32(1);
  if (ring.subscriber.pinned[pin]) fl__unpin(&ring.subscriber, pin);
  close_when_unused(*Rings::of(env), arguments.u32(0));
  return nullptr;
}

// (ArrayBuffer): from here on its views have no bytes
napi_value detach(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  napi_detach_arraybuffer(env, arguments.at(0));
  return nullptr;
}

// (id) -> true when something happened since the last vain take; otherwise false, and onChange will be called
napi_value wait(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  auto *word = reinterpret_cast<std::uint32_t *>(fl__at(&ring.subscriber.map, FL_AT_NOTIFY));
  return js_bool(env, ring.wait_for(word, ring.subscriber.notify_seen));
}

napi_value stop_waiting(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  ring_of(env, arguments).stop_waiting();
  return nullptr;
}

// (id, microseconds) -> whether something happened within that time; burns CPU
napi_value spin(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &subscriber = ring_of(env, arguments).subscriber;
  const void *word = fl__at(&subscriber.map, FL_AT_NOTIFY);
  std::uint64_t until = fl__monotonic() + static_cast<std::uint64_t>(arguments.number(1) * 1000);
  do {
    for (int i = 0; i < 64; i++) {
      if (fl__load32(word) != subscriber.notify_seen) return js_bool(env, true);
      pause();
    }
  } while (fl__monotonic() < until);
  return js_bool(env, false);
}

// (id) -> bit 0: the producer lives; bit 1: the file is whole; bit 2: the name still is this file
napi_value health(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  const fl_subscriber *subscriber = &ring.subscriber;
  bool whole = fl__whole(&subscriber->map) && !guard_tripped(subscriber->map.base);
  return js_int(env, (fl_subscriber_producer_alive(subscriber) ? 1 : 0) | (whole ? 2 : 0) |
                         (fl__still_named(&subscriber->map) ? 4 : 0));
}

// (id) -> {missed, lossless, slots, capacity, readers}
napi_value facts(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const fl_subscriber &subscriber = ring_of(env, arguments).subscriber;
  napi_value object = nullptr;
  napi_create_object(env, &object);
  put(env, object, "missed", static_cast<double>(subscriber.missed));
  put(env, object, "lossless", subscriber.lossless ? 1 : 0);
  put(env, object, "ringLossless", (subscriber.map.flags & FL_FLAG_LOSSLESS) != 0 ? 1 : 0);
  put(env, object, "slots", subscriber.map.slots);
  put(env, object, "capacity", static_cast<double>(subscriber.map.capacity));
  put(env, object, "readers", subscriber.map.readers);
  return object;
}

// Frames that are still held stay held; the producer of a lossless ring waits for nothing else of this reader.
void hold_back_no_more(fl_subscriber *subscriber) {
  if (!subscriber->lossless || !fl__whole(&subscriber->map)) return;
  fl__store64(fl__entry(subscriber) + FL_READER_OWNER, static_cast<std::uint32_t>(getpid()));
  fl__advanced(&subscriber->map);
}

// (id): takes no more frames; goes with the last one that is held
napi_value close(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  ring.stop_waiting();
  ring.waiter.reset();
  ring.closing = true;
  hold_back_no_more(&ring.subscriber);
  close_when_unused(*Rings::of(env), arguments.u32(0));
  return nullptr;
}

}  // namespace

void export_subscriber(napi_env env, napi_value exports) {
  export_method(env, exports, "subscriberOpen", open);
  export_method(env, exports, "subscriberTake", take);
  export_method(env, exports, "subscriberPixels", pixels);
  export_method(env, exports, "subscriberCopy", copy);
  export_method(env, exports, "subscriberRelease", release);
  export_method(env, exports, "subscriberWait", wait);
  export_method(env, exports, "subscriberStopWaiting", stop_waiting);
  export_method(env, exports, "subscriberSpin", spin);
  export_method(env, exports, "subscriberHealth", health);
  export_method(env, exports, "subscriberFacts", facts);
  export_method(env, exports, "subscriberClose", close);
  export_method(env, exports, "detach", detach);
}

}  // namespace framelane
