#include "swap16.h"

#include <cstring>

// The compiler turns the loop into vector code; glibc picks the widest that the processor has.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define FRAMELANE_WIDEST __attribute__((target_clones("arch=skylake-avx512", "avx2", "default"), optimize("O3")))
#else
#define FRAMELANE_WIDEST
#endif

namespace framelane {

FRAMELANE_WIDEST void copy_swapped16(const std::uint8_t *__restrict from, std::uint8_t *__restrict to, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) {
    std::uint16_t value;
    std::memcpy(&value, from + 2 * i, 2);
    value = static_cast<std::uint16_t>(value << 8 | value >> 8);
    std::memcpy(to + 2 * i, &value, 2);
  }
}

}  // namespace framelane
