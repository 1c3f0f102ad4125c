// Start codes, 64 bytes a vector.
#if defined(__x86_64__)
#include <immintrin.h>
#define SCAN_TARGET __attribute__((target("avx512f,avx512bw,bmi")))
#include "scan_loop.h"

namespace framelane {
namespace {

struct Avx512 {
  static constexpr std::size_t size = 64;

  SCAN_TARGET static __mmask32 test(const std::uint8_t *p) {
    return _mm512_testn_epi16_mask(_mm512_load_si512(p), _mm512_set1_epi16(static_cast<short>(0xfeff)));
  }
  SCAN_TARGET static bool suspect(const std::uint8_t *p) { return test(p) != 0; }
  SCAN_TARGET static bool suspects(const std::uint8_t *p) {
    return (test(p) | test(p + size) | test(p + 2 * size) | test(p + 3 * size)) != 0;
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
