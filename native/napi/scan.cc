// NAL units of Annex B bytes. The call itself is a tenth of what an access unit of 100 KB takes: it allocates nothing.
#include "scan.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "exports.h"
#include "values.h"

namespace framelane {

namespace {

void *memory_of(napi_env env, napi_value array, std::size_t *length) {
  void *data = nullptr;
  napi_get_typedarray_info(env, array, nullptr, length, &data, nullptr, nullptr);
  return data;
}

// (data, into, from, open): see NalScanner. -1 stands for no open unit.
napi_value find_nal_units_method(napi_env env, napi_callback_info info) {
  napi_value values[4];
  std::size_t count = 4, size = 0, words = 0;
  std::uint32_t from = 0;
  std::int64_t open = 0;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  const auto *data = static_cast<const std::uint8_t *>(memory_of(env, values[0], &size));
  auto *pairs = static_cast<std::uint32_t *>(memory_of(env, values[1], &words));
  napi_get_value_uint32(env, values[2], &from);
  napi_get_value_int64(env, values[3], &open);
  const ScanRange range{data, size, from, open < 0 ? kNoOpenUnit : static_cast<std::size_t>(open)};
  napi_value found = nullptr;
  napi_create_uint32(env, static_cast<std::uint32_t>(find_nal_units(range, pairs, words / 2)), &found);
  return found;
}

// As the enumeration ScanKernel has them.
constexpr std::string_view kKernels[] = {"portable", "sse2", "avx2", "avx512", "neon"};

// (name?): takes that kernel where there is one of that name; returns the name of the one in use.
napi_value scan_kernel_method(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  if (!arguments.is_nothing(0)) {
    const auto *named = std::find(std::begin(kKernels), std::end(kKernels), arguments.text(0));
    if (named != std::end(kKernels)) use_scan_kernel(static_cast<ScanKernel>(named - kKernels));
  }
  const std::string_view name = kKernels[static_cast<std::size_t>(scan_kernel())];
  napi_value result = nullptr;
  napi_create_string_utf8(env, name.data(), name.size(), &result);
  return result;
}

}  // namespace

void export_scan(napi_env env, napi_value exports) {
  export_method(env, exports, "findNalUnits", find_nal_units_method);
  export_method(env, exports, "scanKernel", scan_kernel_method);
}

}  // namespace framelane
