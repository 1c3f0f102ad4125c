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

// `Vector` stands for `size` bytes (32 or 64) in one register or several. It has: `suspect(p)`, whether any of the bytes
// at p passes the test above; `suspect_block(p)`, the same of four vectors; `starts(p)`, a bit for each of the `size`
// places from p - 1 on where 00 00 01 stands, which reads from p - 1 to p + size. p is aligned, but for `starts`.
// All of it becomes one function, which keeps the collector in registers.
template <class Vector>
class ScanLoop {
 public:
  SCAN_TARGET static void run(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
    if (size - from < kSize + 2) return scan_portable(data, from, size, found);
    ScanLoop loop{data, data + size, found};
    // The first places as they lie; from then on p is aligned and all starts before p - 1 are found.
    const std::uint8_t *p = data + from + 1;
    const std::size_t unaligned = -reinterpret_cast<std::uintptr_t>(p) % kSize;
    if (loop.take(p, below(unaligned))) loop.middle(p + unaligned);
    found = loop.found_;
  }

 private:
  static constexpr std::size_t kSize = Vector::size, kBlock = 4 * kSize;

  ScanLoop(const std::uint8_t *data, const std::uint8_t *end, const ScanCollector &found) : data_(data), end_(end), found_(found) {}

  // The lowest `count` bits, at most 64.
  static constexpr std::uint64_t below(std::size_t count) { return count == 64 ? ~0ull : (1ull << count) - 1; }

  [[gnu::always_inline]] SCAN_TARGET void middle(const std::uint8_t *p) {
    for (; p + kBlock + 1 <= end_; p += kBlock) {
      if (Vector::suspect_block(p) && !look_at_block(p)) [[unlikely]]
        return;
    }
    for (; p + kSize + 1 <= end_; p += kSize) {
      if (Vector::suspect(p) && !take(p, ~0ull)) return;
    }
    // Less than a vector is left: the last places of the memory, but for those that were looked at before.
    const std::uint8_t *last = end_ - kSize - 1;
    take(last, ~below(static_cast<std::size_t>(p - last)));
  }

  // Most often one of the four is suspicious, and nobody can predict which: no branch depends on that.
  [[gnu::always_inline]] SCAN_TARGET bool look_at_block(const std::uint8_t *p) {
    unsigned which = 0;
    for (unsigned i = 0; i < 4; i++) which |= static_cast<unsigned>(Vector::suspect(p + i * kSize)) << i;
    for (; which != 0; which &= which - 1) {
      if (!take(p + static_cast<unsigned>(__builtin_ctz(which)) * kSize, ~0ull)) return false;
    }
    return true;
  }

  // Collects the wanted ones of the places from p - 1 on.
  [[gnu::always_inline]] SCAN_TARGET bool take(const std::uint8_t *p, std::uint64_t wanted) {
    for (std::uint64_t bits = Vector::starts(p) & wanted; bits != 0; bits &= bits - 1) {
      const std::size_t start = static_cast<std::size_t>(p - data_) - 1 + static_cast<std::size_t>(__builtin_ctzll(bits));
      if (!found_.add(start)) return false;
    }
    return true;
  }

  const std::uint8_t *data_, *end_;
  ScanCollector found_;
};

}  // namespace framelane
