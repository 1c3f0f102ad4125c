#pragma once
#include <cstddef>
#include <cstdint>

namespace framelane {

/// Copies bytes that this core will not look at again soon. From a size on where the target would push everything else
/// out of the cache, past the cache: the old contents are not read first. Ordered before whatever is stored after it.
void stream_copy(std::uint8_t *to, const std::uint8_t *from, std::size_t bytes);

}  // namespace framelane
