#include "gather.h"

#include <cstring>

namespace framelane {

bool gather_bytes(const std::uint8_t *from, std::size_t from_bytes, const std::uint32_t *ranges, std::size_t count,
                  std::uint8_t *into, std::size_t into_bytes) {
  for (const std::uint32_t *end = ranges + 3 * count; ranges != end; ranges += 3) {
    const std::size_t source = ranges[0], bytes = ranges[1], target = ranges[2];
    if (source + bytes > from_bytes || target + bytes > into_bytes) return false;
    std::memcpy(into + target, from + source, bytes);
  }
  return true;
}

}  // namespace framelane
