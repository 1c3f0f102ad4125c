#include "swap16.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace framelane {
namespace {

using Swap = void (*)(const std::uint8_t *, std::uint8_t *, std::size_t);

// The plain loop, and the oracle of the others. The compiler turns it into vector code.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
__attribute__((target_clones("avx2", "default"), optimize("O3")))
#endif
void swap_plain(const std::uint8_t *__restrict from, std::uint8_t *__restrict to, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) {
    std::uint16_t value;
    std::memcpy(&value, from + 2 * i, 2);
    value = static_cast<std::uint16_t>(value << 8 | value >> 8);
    std::memcpy(to + 2 * i, &value, 2);
  }
}

#if defined(__x86_64__)
// Whole cache lines at a time, aligned where they are written: as fast as memcpy, where the plain loop takes a quarter
// more because headers of 188 bytes put every other load across two lines.
__attribute__((target("avx512f,avx512bw"))) void swap_avx512(const std::uint8_t *from, std::uint8_t *to, std::size_t count) {
  constexpr std::size_t kLine = 64;
  const __m512i pairs = _mm512_set4_epi32(0x0e0f0c0d, 0x0a0b0809, 0x06070405, 0x02030001);
  std::size_t bytes = 2 * count, at = -reinterpret_cast<std::uintptr_t>(to) % kLine;
  if (at % 2 != 0 || at > bytes) return swap_plain(from, to, count);
  swap_plain(from, to, at / 2);
  for (; at + 4 * kLine <= bytes; at += 4 * kLine) {
    __m512i a = _mm512_loadu_si512(from + at), b = _mm512_loadu_si512(from + at + kLine);
    __m512i c = _mm512_loadu_si512(from + at + 2 * kLine), d = _mm512_loadu_si512(from + at + 3 * kLine);
    _mm512_store_si512(to + at, _mm512_shuffle_epi8(a, pairs));
    _mm512_store_si512(to + at + kLine, _mm512_shuffle_epi8(b, pairs));
    _mm512_store_si512(to + at + 2 * kLine, _mm512_shuffle_epi8(c, pairs));
    _mm512_store_si512(to + at + 3 * kLine, _mm512_shuffle_epi8(d, pairs));
  }
  swap_plain(from + at, to + at, (bytes - at) / 2);
}
#endif

Swap fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return swap_avx512;
#endif
  return swap_plain;
}

}  // namespace

void copy_swapped16(const std::uint8_t *from, std::uint8_t *to, std::size_t count) {
  static const Swap swap = fastest();
  swap(from, to, count);
}

}  // namespace framelane
