// Start codes, 32 bytes in a register.
#if defined(__x86_64__)
#include <immintrin.h>
#define SCAN_TARGET __attribute__((target("avx2,bmi")))
#include "scan_loop.h"

namespace framelane {
namespace {

struct Avx2 {
  static constexpr std::size_t size = 32;

  // The numbers, of which those that pass the test are 0.
  SCAN_TARGET static __m256i masked(const std::uint8_t *p) {
    const __m256i numbers = _mm256_load_si256(reinterpret_cast<const __m256i *>(p));
    return _mm256_and_si256(numbers, _mm256_set1_epi16(static_cast<short>(0xfeff)));
  }
  SCAN_TARGET static bool any_zero(__m256i numbers) {
    return _mm256_movemask_epi8(_mm256_cmpeq_epi16(numbers, _mm256_setzero_si256())) != 0;
  }
  SCAN_TARGET static bool suspect(const std::uint8_t *p) { return any_zero(masked(p)); }
  SCAN_TARGET static bool suspect_block(const std::uint8_t *p) {
    const __m256i half = _mm256_min_epu16(masked(p), masked(p + size));
    return any_zero(_mm256_min_epu16(half, _mm256_min_epu16(masked(p + 2 * size), masked(p + 3 * size))));
  }
  SCAN_TARGET static __m256i load(const std::uint8_t *p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)); }
  SCAN_TARGET static std::uint64_t starts(const std::uint8_t *p) {
    const __m256i zeros = _mm256_cmpeq_epi8(_mm256_or_si256(load(p - 1), load(p)), _mm256_setzero_si256());
    const __m256i ones = _mm256_cmpeq_epi8(load(p + 1), _mm256_set1_epi8(1));
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_and_si256(zeros, ones)));
  }
};

}  // namespace

SCAN_TARGET void scan_avx2(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
  ScanLoop<Avx2>::run(data, from, size, found);
}

}  // namespace framelane
#endif
