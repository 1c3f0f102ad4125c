#include "stream_copy.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace framelane {
namespace {

/// Smaller frames stay in the cache until their reader comes.
[[maybe_unused]] constexpr std::size_t kPastCacheFrom = 2 << 20;
[[maybe_unused]] constexpr std::size_t kLine = 64;

#if defined(__SSE2__)
/// `to` is the start of a cache line.
void stream_line(std::uint8_t *to, const std::uint8_t *from) {
  auto *target = reinterpret_cast<__m128i *>(to);
  auto *source = reinterpret_cast<const __m128i *>(from);
  __m128i a = _mm_loadu_si128(source), b = _mm_loadu_si128(source + 1);
  __m128i c = _mm_loadu_si128(source + 2), d = _mm_loadu_si128(source + 3);
  _mm_stream_si128(target, a);
  _mm_stream_si128(target + 1, b);
  _mm_stream_si128(target + 2, c);
  _mm_stream_si128(target + 3, d);
}

void copy_past_cache(std::uint8_t *to, const std::uint8_t *from, std::size_t bytes) {
  std::size_t at = -reinterpret_cast<std::uintptr_t>(to) % kLine;
  std::memcpy(to, from, at);
  for (; at + kLine <= bytes; at += kLine) stream_line(to + at, from + at);
  std::memcpy(to + at, from + at, bytes - at);
  _mm_sfence();  // streamed stores are not ordered before later ones otherwise
}
#endif

}  // namespace

void stream_copy(std::uint8_t *to, const std::uint8_t *from, std::size_t bytes) {
#if defined(__SSE2__)
  if (bytes >= kPastCacheFrom) return copy_past_cache(to, from, bytes);
#endif
  std::memcpy(to, from, bytes);
}

}  // namespace framelane
