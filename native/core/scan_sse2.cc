// Start codes, 64 bytes in four registers: what every x86-64 has.
#if defined(__x86_64__)
#include <emmintrin.h>
#define SCAN_TARGET
#include "scan_loop.h"

namespace framelane {
namespace {

struct Sse2 {
  static constexpr std::size_t size = 64;

  // All ones for those of 8 of the numbers that pass the test.
  static __m128i passed8(const std::uint8_t *p) {
    const __m128i numbers = _mm_load_si128(reinterpret_cast<const __m128i *>(p));
    return _mm_cmpeq_epi16(_mm_and_si128(numbers, _mm_set1_epi16(static_cast<short>(0xfeff))), _mm_setzero_si128());
  }
  static __m128i passed(const std::uint8_t *p) {
    return _mm_or_si128(_mm_or_si128(passed8(p), passed8(p + 16)), _mm_or_si128(passed8(p + 32), passed8(p + 48)));
  }
  static bool any(__m128i bytes) { return _mm_movemask_epi8(bytes) != 0; }
  static bool suspect(const std::uint8_t *p) { return any(passed(p)); }
  static bool suspect_block(const std::uint8_t *p) {
    const __m128i half = _mm_or_si128(passed(p), passed(p + size));
    return any(_mm_or_si128(half, _mm_or_si128(passed(p + 2 * size), passed(p + 3 * size))));
  }
  static __m128i load(const std::uint8_t *p) { return _mm_loadu_si128(reinterpret_cast<const __m128i *>(p)); }
  static std::uint64_t starts16(const std::uint8_t *p) {
    const __m128i zeros = _mm_cmpeq_epi8(_mm_or_si128(load(p - 1), load(p)), _mm_setzero_si128());
    const __m128i ones = _mm_cmpeq_epi8(load(p + 1), _mm_set1_epi8(1));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_and_si128(zeros, ones)));
  }
  static std::uint64_t starts(const std::uint8_t *p) {
    return starts16(p) | starts16(p + 16) << 16 | starts16(p + 32) << 32 | starts16(p + 48) << 48;
  }
};

}  // namespace

void scan_sse2(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
  ScanLoop<Sse2>::run(data, from, size, found);
}

}  // namespace framelane
#endif
