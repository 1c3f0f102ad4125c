// Start codes, 64 bytes in a register.
#if defined(__x86_64__)
#include <immintrin.h>
#define SCAN_TARGET __attribute__((target("avx512f,avx512bw,bmi")))
#include "scan_loop.h"

namespace framelane {
namespace {

struct Avx512 {
  static constexpr std::size_t size = 64;

  // The numbers, of which those that pass the test are 0.
  SCAN_TARGET static __m512i masked(const std::uint8_t *p) {
    __m512i numbers = _mm512_and_si512(_mm512_load_si512(p), _mm512_set1_epi16(static_cast<short>(0xfeff)));
    // Loads stay in the order of memory: in the order that the compiler likes they take a quarter longer.
    __asm__ volatile("" : "+v"(numbers));
    return numbers;
  }
  SCAN_TARGET static bool any_zero(__m512i numbers) { return _mm512_testn_epi16_mask(numbers, numbers) != 0; }
  SCAN_TARGET static bool suspect(const std::uint8_t *p) { return any_zero(masked(p)); }
  // One mask register a block: processors have few of them, and they would limit how far loads run ahead.
  SCAN_TARGET static bool suspect_block(const std::uint8_t *p) {
    __m512i least = masked(p);
    least = _mm512_min_epu16(least, masked(p + size));
    least = _mm512_min_epu16(least, masked(p + 2 * size));
    return any_zero(_mm512_min_epu16(least, masked(p + 3 * size)));
  }
  SCAN_TARGET static std::uint64_t starts(const std::uint8_t *p) {
    const __m512i first = _mm512_loadu_si512(p - 1), second = _mm512_loadu_si512(p), third = _mm512_loadu_si512(p + 1);
    const __m512i zeros = _mm512_or_si512(first, second);
    return _mm512_mask_cmpeq_epi8_mask(_mm512_testn_epi8_mask(zeros, zeros), third, _mm512_set1_epi8(1));
  }
};

}  // namespace

SCAN_TARGET void scan_avx512(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
  ScanLoop<Avx512>::run(data, from, size, found);
}

}  // namespace framelane
#endif
