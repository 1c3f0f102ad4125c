// Copying 16-bit numbers with their bytes exchanged: big-endian pixels to little-endian ones in one pass.
#pragma once
#include <cstddef>
#include <cstdint>

namespace framelane {

/// Copies `count` 16-bit numbers, exchanging the two bytes of each. The memories must not overlap; any alignment.
void copy_swapped16(const std::uint8_t *from, std::uint8_t *to, std::size_t count);

}  // namespace framelane
