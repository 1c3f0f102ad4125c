// Start codes, 64 bytes in four registers: what every 64-bit ARM has.
#if defined(__aarch64__)
#include <arm_neon.h>
#define SCAN_TARGET
#include "scan_loop.h"

namespace framelane {
namespace {

struct Neon {
  static constexpr std::size_t size = 64;

  // 8 of the numbers, of which those that pass the test are 0.
  static uint16x8_t masked(const std::uint8_t *p) { return vandq_u16(vreinterpretq_u16_u8(vld1q_u8(p)), vdupq_n_u16(0xfeff)); }
  static uint16x8_t least(const std::uint8_t *p) {
    return vminq_u16(vminq_u16(masked(p), masked(p + 16)), vminq_u16(masked(p + 32), masked(p + 48)));
  }
  static bool any_zero(uint16x8_t numbers) { return vminvq_u16(numbers) == 0; }
  static bool suspect(const std::uint8_t *p) { return any_zero(least(p)); }
  static bool suspect_block(const std::uint8_t *p) {
    const uint16x8_t half = vminq_u16(least(p), least(p + size));
    return any_zero(vminq_u16(half, vminq_u16(least(p + 2 * size), least(p + 3 * size))));
  }
  // Of each byte the bit of its place among eight, where 00 00 01 stands.
  static uint8x16_t starts16(const std::uint8_t *p) {
    const uint8x16_t zeros = vceqzq_u8(vorrq_u8(vld1q_u8(p - 1), vld1q_u8(p)));
    const uint8x16_t hits = vandq_u8(zeros, vceqq_u8(vld1q_u8(p + 1), vdupq_n_u8(1)));
    return vandq_u8(hits, vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ull)));
  }
  // NEON has no movemask: neighbours are added three times, until a byte holds the bits of eight.
  static std::uint64_t starts(const std::uint8_t *p) {
    const uint8x16_t low = vpaddq_u8(starts16(p), starts16(p + 16)), high = vpaddq_u8(starts16(p + 32), starts16(p + 48));
    const uint8x16_t pairs = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)), 0);
  }
};

}  // namespace

void scan_neon(const std::uint8_t *data, std::size_t from, std::size_t size, ScanCollector &found) {
  ScanLoop<Neon>::run(data, from, size, found);
}

}  // namespace framelane
#endif
