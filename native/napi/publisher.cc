#include <cerrno>
#include <cstring>

#include "exports.h"
#include "rings.h"
#include "sigbus_guard.h"
#include "values.h"

namespace framelane {
namespace {

PublisherRing &ring_of(napi_env env, const Arguments &arguments) { return *Rings::of(env)->publishers[arguments.u32(0)]; }

// (name, capacity, slots, readers, lossless, mode, group + 1 or 0, scratch, onChange) -> id, or a negative fl_status
napi_value open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  fl_publisher_options options = {};
  options.capacity = static_cast<std::uint64_t>(arguments.number(1));
  options.slots = arguments.u32(2);
  options.readers = arguments.u32(3);
  options.lossless = arguments.flag(4);
  options.mode = arguments.u32(5);
  options.group = static_cast<std::int64_t>(arguments.number(6));
  auto ring = std::make_unique<PublisherRing>();
  int status = fl_publisher_open(&ring->publisher, arguments.text(0).c_str(), &options);
  Rings::of(env)->failure = errno;
  if (status != FL_OK) return js_int(env, status);
  guard_range(ring->publisher.map.base, ring->publisher.map.total);
  ring->talk_through(env, arguments.at(7), arguments.at(8));
  return js_int(env, static_cast<std::int32_t>(seat(Rings::of(env)->publishers, std::move(ring))));
}

// (id) -> slot, or -1 when none is free
napi_value loan(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::uint32_t slot = 0;
  int status = fl_publisher_loan(&ring_of(env, arguments).publisher, &slot);
  return js_int(env, status == FL_OK ? static_cast<std::int32_t>(slot) : -1);
}

// (id, slot, bytes) -> ArrayBuffer over the slot's pixels, or null
napi_value pixels(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &publisher = ring_of(env, arguments).publisher;
  auto bytes = static_cast<std::size_t>(arguments.number(2));
  napi_value buffer = lend(env, fl_publisher_pixels(&publisher, arguments.u32(1)), bytes, nullptr, nullptr);
  return buffer == nullptr ? js_null(env) : buffer;
}

// (id, slot, offset, stride, Uint8Array, its stride, row bytes, rows): copies a plane into the slot
napi_value copy(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &publisher = ring_of(env, arguments).publisher;
  std::size_t length = 0;
  const std::uint8_t *from = arguments.bytes(4, &length);
  std::uint8_t *to = fl_publisher_pixels(&publisher, arguments.u32(1)) + static_cast<std::size_t>(arguments.number(2));
  auto to_stride = static_cast<std::size_t>(arguments.number(3));
  auto from_stride = static_cast<std::size_t>(arguments.number(5));
  auto row_bytes = static_cast<std::size_t>(arguments.number(6));
  auto rows = static_cast<std::size_t>(arguments.number(7));
  if (to_stride == from_stride) {
    std::memcpy(to, from, (rows - 1) * to_stride + row_bytes);
  } else {
    for (std::size_t row = 0; row < rows; row++) std::memcpy(to + row * to_stride, from + row * from_stride, row_bytes);
  }
  return nullptr;
}

// (id, slot, ArrayBuffer or null) -> sequence, or a negative fl_status. The slot header is in the scratch memory.
napi_value publish(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  if (guard_tripped(ring.publisher.map.base)) return js_int(env, FL_E_DAMAGED);
  fl_frame frame;
  fl__read_slot(ring.scratch, &frame);
  int status = fl_publisher_publish(&ring.publisher, arguments.u32(1), &frame);
  // Nobody may write into the slot any more, not even by a view that was kept. No JavaScript ran since the publishing,
  // and readers need not wait for this.
  if (!arguments.is_nothing(2)) napi_detach_arraybuffer(env, arguments.at(2));
  return js_number(env, status == FL_OK ? static_cast<double>(frame.seq) : status);
}

// (id, slot, ArrayBuffer or null)
napi_value abandon(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  if (!arguments.is_nothing(2)) napi_detach_arraybuffer(env, arguments.at(2));
  fl_publisher_abandon(&ring_of(env, arguments).publisher, arguments.u32(1));
  return nullptr;
}

// (id) -> true when a reader has moved on since the last vain loan; otherwise false, and onChange will be called
napi_value wait(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &ring = ring_of(env, arguments);
  auto *word = reinterpret_cast<std::uint32_t *>(fl__at(&ring.publisher.map, FL_AT_ADVANCE));
  return js_bool(env, ring.wait_for(word, ring.publisher.advance_seen));
}

// (id): ADVANCE as it is now counts as seen; what changes after this is noticed by wait()
napi_value look(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &publisher = ring_of(env, arguments).publisher;
  publisher.advance_seen = fl__load32(fl__at(&publisher.map, FL_AT_ADVANCE));
  return nullptr;
}

napi_value stop_waiting(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  ring_of(env, arguments).stop_waiting();
  return nullptr;
}

// (id, losslessOnly) -> readers attached now
napi_value readers(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, static_cast<std::int32_t>(fl_publisher_readers(&ring_of(env, arguments).publisher, arguments.flag(1))));
}

// (id) -> frames dropped since the ring was made
napi_value dropped(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_number(env, static_cast<double>(ring_of(env, arguments).publisher.dropped));
}

// (id, keep)
napi_value close(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto &place = Rings::of(env)->publishers[arguments.u32(0)];
  place->waiter.reset();
  unguard_range(place->publisher.map.base);
  fl_publisher_close(&place->publisher, arguments.flag(1));
  place.reset();
  return nullptr;
}

}  // namespace

void export_publisher(napi_env env, napi_value exports) {
  export_method(env, exports, "publisherOpen", open);
  export_method(env, exports, "publisherLoan", loan);
  export_method(env, exports, "publisherPixels", pixels);
  export_method(env, exports, "publisherCopy", copy);
  export_method(env, exports, "publisherPublish", publish);
  export_method(env, exports, "publisherAbandon", abandon);
  export_method(env, exports, "publisherWait", wait);
  export_method(env, exports, "publisherLook", look);
  export_method(env, exports, "publisherStopWaiting", stop_waiting);
  export_method(env, exports, "publisherReaders", readers);
  export_method(env, exports, "publisherDropped", dropped);
  export_method(env, exports, "publisherClose", close);
}

}  // namespace framelane
