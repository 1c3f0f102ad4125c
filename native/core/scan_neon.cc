// Start codes, 16 bytes a vector: what every 64-bit ARM has.
#if defined(__aarch64__)
#include <arm_neon.h>
#define SCAN_TARGET
#include "scan_loop.h"

namespace framelane {
namespace {

struct Neon {
  static constexpr std::size_t size = 16;

  // The bytes as numbers of which those that pass the test are 0.
  static uint16x8_t masked(const std::uint8_t *p) { return vandq_u16(vreinterpretq_u16_u8(vld1q_u8(p)), vdupq_n_u16(0xfeff)); }
  static bool any_zero(uint16x8_t numbers) { return vminvq_u16(numbers) == 0; }
  static bool suspect(const std::uint8_t *p) { return any_zero(masked(p)); }
  static bool suspects(const std::uint8_t *p) {
    const uint16x8_t a = vminq_u16(masked(p), masked(p + size));
    const uint16x8_t b = vminq_u16(masked(p + 2 * size), masked(p + 3 * size));
    return any_zero(vminq_u16(a, b));
  }
  static std::uint64_t starts(const std::uint8_t *p) {
    const uint8x16_t zeros = vceqzq_u8(vorrq_u8(vld1q_u8(p - 1), vld1q_u8(p)));
    const uint8x16_t hits = vandq_u8(zeros, vceqq_u8(vld1q_u8(p + 1), vdupq_n_u8(1)));
    return vmaxvq_u8(hits) == 0 ? 0 : bits(hits);
  }
  // NEON has no movemask: each byte keeps a bit of its own, and eight of them are added.
  static std::uint64_t bits(uint8x16_t hits) {
    const uint8x16_t own = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ull));
    const uint8x16_t kept = vandq_u8(hits, own);
    return vaddv_u8(vget_low_u8(kept)) | static_cast<std::uint64_t>(vaddv_u8(vget_high_u8(kept))) << 8;
  }
};

}  // namespace

void scan_neon(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
  ScanLoop<Neon>::run(data, from, size, found);
}

}  // namespace framelane
#endif
