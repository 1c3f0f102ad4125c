// Start codes, 16 bytes a vector: what every x86-64 has.
#if defined(__x86_64__)
#include <emmintrin.h>
#define SCAN_TARGET
#include "scan_loop.h"

namespace framelane {
namespace {

struct Sse2 {
  static constexpr std::size_t size = 16;

  static __m128i zeros16(const std::uint8_t *p) {
    const __m128i bytes = _mm_load_si128(reinterpret_cast<const __m128i *>(p));
    return _mm_cmpeq_epi16(_mm_and_si128(bytes, _mm_set1_epi16(static_cast<short>(0xfeff))), _mm_setzero_si128());
  }
  static bool suspect(const std::uint8_t *p) { return _mm_movemask_epi8(zeros16(p)) != 0; }
  static bool suspects(const std::uint8_t *p) {
    const __m128i a = _mm_or_si128(zeros16(p), zeros16(p + size));
    const __m128i b = _mm_or_si128(zeros16(p + 2 * size), zeros16(p + 3 * size));
    return _mm_movemask_epi8(_mm_or_si128(a, b)) != 0;
  }
  static __m128i load(const std::uint8_t *p) { return _mm_loadu_si128(reinterpret_cast<const __m128i *>(p)); }
  static std::uint64_t starts(const std::uint8_t *p) {
    const __m128i zeros = _mm_cmpeq_epi8(_mm_or_si128(load(p - 1), load(p)), _mm_setzero_si128());
    const __m128i ones = _mm_cmpeq_epi8(load(p + 1), _mm_set1_epi8(1));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_and_si128(zeros, ones)));
  }
};

}  // namespace

void scan_sse2(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
  ScanLoop<Sse2>::run(data, from, size, found);
}

}  // namespace framelane
#endif
