// What becomes of the start codes that a kernel finds.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "scan.h"

namespace framelane {

/// Turns start codes, in order, into NAL units.
class ScanCollector {
 public:
  ScanCollector(const std::uint8_t *data, std::size_t open, std::uint32_t *pairs, std::size_t capacity)
      : data_(data), open_(open), next_(pairs), pairs_(pairs), end_(pairs + 2 * capacity) {}

  /// A start code: 00 00 01 stands at `start`. False: no room for more.
  [[gnu::always_inline]] bool add(std::size_t start) {
    if (open_ != kNoOpenUnit) close(end_before(start));
    open_ = start + 3;
    return next_ != end_;
  }

  /// The end of the data: returns the number of units.
  std::size_t finish(std::size_t size) {
    if (open_ != kNoOpenUnit && next_ != end_) put(size);
    return static_cast<std::size_t>(next_ - pairs_) / 2;
  }

 private:
  [[gnu::always_inline]] void close(std::size_t end) {
    if (end > open_) put(end);
  }
  [[gnu::always_inline]] void put(std::size_t end) {
    next_[0] = static_cast<std::uint32_t>(open_);
    next_[1] = static_cast<std::uint32_t>(end - open_);
    next_ += 2;
  }
  // Nearly always there is none or one zero, the fourth byte; long runs go eight at a time.
  [[gnu::always_inline]] std::size_t end_before(std::size_t start) const {
    std::size_t end = start;
    while (end > open_ && data_[end - 1] == 0) end -= end >= open_ + 8 && eight_zeros(end - 8) ? 8 : 1;
    return end;
  }
  bool eight_zeros(std::size_t at) const {
    std::uint64_t eight;
    std::memcpy(&eight, data_ + at, 8);
    return eight == 0;
  }

  const std::uint8_t *data_;
  std::size_t open_;
  std::uint32_t *next_, *pairs_, *end_;
};

/// A kernel: hands the start codes that lie in [from, size) to the collector until it has no room.
using ScanKernelFunction = void (*)(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found);

/// A byte at a time, and every third where none is 0 or 1: for memory shorter than a vector, and for processors without
/// vectors.
void scan_portable(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found);

#if defined(__x86_64__)
void scan_sse2(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found);
void scan_avx2(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found);
void scan_avx512(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found);
#elif defined(__aarch64__)
void scan_neon(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found);
#endif

}  // namespace framelane
