#include "scan.h"

#include <atomic>

#include "scan_collector.h"

namespace framelane {
namespace {

// Null where this program or this processor has none.
ScanKernelFunction function_of(ScanKernel kernel) {
#if defined(__x86_64__)
  if (kernel == ScanKernel::sse2) return scan_sse2;
  if (kernel == ScanKernel::avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return scan_avx2;
  if (kernel == ScanKernel::avx512 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi")) return scan_avx512;
#elif defined(__aarch64__)
  if (kernel == ScanKernel::neon) return scan_neon;
#endif
  return kernel == ScanKernel::portable ? scan_portable : nullptr;
}

ScanKernel fastest() {
  constexpr ScanKernel kBestFirst[] = {ScanKernel::avx512, ScanKernel::avx2, ScanKernel::sse2, ScanKernel::neon};
  for (ScanKernel kernel : kBestFirst) {
    if (function_of(kernel) != nullptr) return kernel;
  }
  return ScanKernel::portable;
}

std::atomic<ScanKernel> chosen = fastest();
std::atomic<ScanKernelFunction> chosen_function = function_of(chosen);

}  // namespace

std::size_t find_nal_units(const ScanRange &range, std::uint32_t *pairs, std::size_t capacity) {
  if (capacity == 0) return 0;
  ScanCollector found(range.data, range.open, pairs, capacity);
  chosen_function.load(std::memory_order_relaxed)(range.data, range.from, range.size, found);
  return found.finish(range.size);
}

ScanKernel scan_kernel() { return chosen; }

bool use_scan_kernel(ScanKernel kernel) {
  if (function_of(kernel) == nullptr) return false;
  chosen = kernel;
  chosen_function = function_of(kernel);
  return true;
}

// The third byte of a start code is 1. Where a byte is larger, no start code has it as any of its three.
void scan_portable(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
  for (std::size_t third = from + 2; third < size;) {
    if (data[third] > 1) {
      third += 3;
    } else if (data[third] == 0) {
      third++;
    } else {
      if (data[third - 1] == 0 && data[third - 2] == 0 && !found.add(third - 2)) return;
      third += 3;
    }
  }
}

}  // namespace framelane
