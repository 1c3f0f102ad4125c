#include "read.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

// Where the result goes, so that no load is left out.
volatile std::uint64_t seen;

// The first address from p on that is a multiple of a vector's size.
template <std::size_t size>
const std::uint8_t *aligned_from(const std::uint8_t *p) {
  return p + (-reinterpret_cast<std::uintptr_t>(p) % size);
}

}  // namespace

std::size_t read_plain(const std::uint8_t *data, std::size_t size) {
  std::uint64_t bits[4] = {};
  std::size_t at = 0;
  for (; at + 32 <= size; at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, data + at, 32);
    for (int k = 0; k < 4; k++) bits[k] |= words[k];
  }
  for (; at < size; at++) bits[0] |= data[at];
  seen = bits[0] | bits[1] | bits[2] | bits[3];
  return 0;
}

#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f")))
#define AVX2 __attribute__((target("avx2")))

bool has_avx512() { return __builtin_cpu_supports("avx512f"); }
bool has_avx2() { return __builtin_cpu_supports("avx2"); }

namespace {

// The first and the last vector as they lie, between them aligned ones, `vectors` a turn: no byte is read alone.
template <int vectors>
AVX512 std::size_t read_by_avx512(const std::uint8_t *data, std::size_t size) {
  if (size < 64) return read_plain(data, size);
  const std::uint8_t *p = aligned_from<64>(data), *end = data + size;
  __m512i bits[vectors] = {_mm512_loadu_si512(data)};
#pragma GCC unroll 8
  for (int k = 1; k < vectors; k++) bits[k] = _mm512_loadu_si512(end - 64);
  for (; p + 64 * vectors <= end; p += 64 * vectors) {
#pragma GCC unroll 8
    for (int k = 0; k < vectors; k++) bits[k] = _mm512_or_si512(bits[k], _mm512_load_si512(p + 64 * k));
  }
  for (; p + 64 <= end; p += 64) bits[0] = _mm512_or_si512(bits[0], _mm512_load_si512(p));
#pragma GCC unroll 8
  for (int k = 1; k < vectors; k++) bits[0] = _mm512_or_si512(bits[0], bits[k]);
  seen = static_cast<std::uint64_t>(_mm512_reduce_or_epi64(bits[0]));
  return 0;
}

AVX2 __m256i load(const std::uint8_t *p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)); }

}  // namespace

std::size_t read_avx512(const std::uint8_t *data, std::size_t size) { return read_by_avx512<4>(data, size); }
std::size_t read_avx512_wide(const std::uint8_t *data, std::size_t size) { return read_by_avx512<8>(data, size); }

AVX2 std::size_t read_avx2(const std::uint8_t *data, std::size_t size) {
  if (size < 32) return read_plain(data, size);
  const std::uint8_t *p = aligned_from<32>(data), *end = data + size;
  __m256i bits[8] = {load(data)};
#pragma GCC unroll 8
  for (int k = 1; k < 8; k++) bits[k] = load(end - 32);
  for (; p + 256 <= end; p += 256) {
#pragma GCC unroll 8
    for (int k = 0; k < 8; k++) bits[k] = _mm256_or_si256(bits[k], load(p + 32 * k));
  }
  for (; p + 32 <= end; p += 32) bits[0] = _mm256_or_si256(bits[0], load(p));
#pragma GCC unroll 8
  for (int k = 1; k < 8; k++) bits[0] = _mm256_or_si256(bits[0], bits[k]);
  const __m128i half = _mm_or_si128(_mm256_castsi256_si128(bits[0]), _mm256_extracti128_si256(bits[0], 1));
  seen = static_cast<std::uint64_t>(_mm_extract_epi64(half, 0) | _mm_extract_epi64(half, 1));
  return 0;
}
#else
bool has_avx512() { return false; }
bool has_avx2() { return false; }
std::size_t read_avx512(const std::uint8_t *data, std::size_t size) { return read_plain(data, size); }
std::size_t read_avx512_wide(const std::uint8_t *data, std::size_t size) { return read_plain(data, size); }
std::size_t read_avx2(const std::uint8_t *data, std::size_t size) { return read_plain(data, size); }
#endif
