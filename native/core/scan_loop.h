// The loop of every vector kernel. A kernel's file defines SCAN_TARGET, the attribute of its instructions, before it
// includes this: a function can only be inlined into one that may use the same instructions.
//
// Every 00 00 01 contains a 16-bit number at an even distance from any base, its first byte 0 and its second 0 or 1: the
// first two bytes or the last two. So one aligned load and one test look at a whole vector; bytes of a video pass that
// test by chance once in 32 KiB. Only there the kernel looks for 00 00 01 at every byte.
#pragma once
#include <cstddef>
#include <cstdint>

#include "scan_collector.h"

namespace framelane {

// `Vector` has: `size` in bytes; `suspects(p)`, true when one of the `4 * size` bytes at the aligned p passes the test
// above; `suspect(p)`, the same of `size` bytes; `starts(p)`, a bit for each of the `size` places from p - 1 on where
// 00 00 01 stands, which reads from p - 1 to p + size.
template <class Vector>
class ScanLoop {
 public:
  SCAN_TARGET static void run(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
    if (size - from < kSize + 2) return scan_portable(data, from, size, found);
    ScanLoop loop{data, data + size, found};
    // The first vector as it lies; from then on p is aligned and all starts before p - 1 are found.
    const std::uint8_t *p = data + from + 1;
    const std::uint8_t *aligned = p + (-reinterpret_cast<std::uintptr_t>(p) % kSize);
    if (loop.take(p, below(static_cast<std::size_t>(aligned - p)))) loop.middle(aligned);
  }

 private:
  static constexpr std::size_t kSize = Vector::size;

  ScanLoop(const std::uint8_t *data, const std::uint8_t *end, ScanCollector &found) : data_(data), end_(end), found_(found) {}

  // The lowest `count` bits; a vector has at most 64.
  static constexpr std::uint64_t below(std::size_t count) { return count >= 64 ? ~0ull : (1ull << count) - 1; }

  SCAN_TARGET void middle(const std::uint8_t *p) {
    for (; p + 4 * kSize + 1 <= end_; p += 4 * kSize) {
      if (Vector::suspects(p)) [[unlikely]] {
        for (std::size_t i = 0; i < 4; i++) {
          if (!take(p + i * kSize, ~0ull)) return;
        }
      }
    }
    for (; p + kSize + 1 <= end_; p += kSize) {
      if (Vector::suspect(p) && !take(p, ~0ull)) return;
    }
    // What is left is less than a vector: the last one of the memory, without the starts that were found before.
    const std::uint8_t *last = end_ - kSize - 1;
    take(last, ~below(static_cast<std::size_t>(p - last)));
  }

  SCAN_TARGET bool take(const std::uint8_t *p, std::uint64_t wanted) {
    for (std::uint64_t bits = Vector::starts(p) & wanted; bits != 0; bits &= bits - 1) {
      const std::size_t start = static_cast<std::size_t>(p - data_) - 1 + static_cast<std::size_t>(__builtin_ctzll(bits));
      if (!found_.add(start)) return false;
    }
    return true;
  }

  const std::uint8_t *data_, *end_;
  ScanCollector &found_;
};

}  // namespace framelane
