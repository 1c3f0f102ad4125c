// Many copies by one call: how fragments of a batch of datagrams become units.
#pragma once
#include <cstddef>
#include <cstdint>

namespace framelane {

/// Carries out `count` copies; `ranges` are triples: offset in `from`, bytes, offset in `into`. The memories must not
/// overlap. False when a range is outside of either: it and those behind it were not copied.
bool gather_bytes(const std::uint8_t *from, std::size_t from_bytes, const std::uint32_t *ranges, std::size_t count,
                  std::uint8_t *into, std::size_t into_bytes);

}  // namespace framelane
