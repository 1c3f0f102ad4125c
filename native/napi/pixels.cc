// Pixels that C++ moves faster than JavaScript can.
#include <algorithm>

#include "exports.h"
#include "rings.h"
#include "swap16.h"
#include "values.h"

namespace framelane {

namespace {

// (from, to): copies 16-bit numbers with their bytes exchanged, as many as both have.
napi_value copy_swapped16_method(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::size_t from_bytes = 0, to_bytes = 0;
  const std::uint8_t *from = arguments.bytes(0, &from_bytes);
  std::uint8_t *to = arguments.bytes(1, &to_bytes);
  copy_swapped16(from, to, std::min(from_bytes, to_bytes) / 2);
  return nullptr;
}

}  // namespace

void export_pixels(napi_env env, napi_value exports) {
  export_method(env, exports, "copySwapped16", copy_swapped16_method);
}

}  // namespace framelane
