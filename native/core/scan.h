// Start codes of NAL units at the speed of memory.
//
// A start code is 00 00 01 (H.264, H.265 and H.266, Annex B); zeros before it belong to it (a fourth byte) or are
// trailing_zero_8bits of the NAL unit before, and no NAL unit ends in a zero byte.
#pragma once
#include <cstddef>
#include <cstdint>

namespace framelane {

/// Where a search stands that starts outside of any NAL unit.
inline constexpr std::size_t kNoOpenUnit = ~std::size_t{0};

/// Bytes to search: `from` is where the search begins, `open` where the NAL unit begins that `from` lies in, or
/// kNoOpenUnit; open <= from <= size < 4 GiB.
struct ScanRange {
  const std::uint8_t *data;
  std::size_t size;
  std::size_t from;
  std::size_t open;
};

/// Finds NAL units: pairs of offset and length, at most `capacity` pairs; returns how many. Empty units (start code after
/// start code) are left out and trailing zeros belong to no unit, but for the last pair when it reaches the end of the
/// data: that unit is still open, it may be empty and keeps its zeros. Nothing outside of the range is read.
std::size_t find_nal_units(const ScanRange &range, std::uint32_t *pairs, std::size_t capacity);

/// The implementations, each for its instructions.
enum class ScanKernel { portable, sse2, avx2, avx512, neon };

/// The one in use: at first the fastest that this processor has.
ScanKernel scan_kernel();

/// Takes another from now on, everywhere: for tests. False: this program or this processor has it not.
bool use_scan_kernel(ScanKernel kernel);

}  // namespace framelane
