// SRTP in the caller's own memory: for those who do not need a unit any more once it is sent.
#pragma once
#include <cstddef>
#include <cstdint>

#include "packet_cipher.h"
#include "send_plan.h"

namespace framelane {

/// Where a plan of packets that are encrypted already is written to.
struct SealedPlan {
  std::uint8_t *headers;
  std::size_t header_capacity;
  std::uint32_t *words;
  std::size_t word_capacity;
  std::size_t header_bytes;  ///< in use, or needed
  std::size_t word_count;
};

enum class SealResult {
  sealed,
  too_small,    ///< nothing was done: `header_bytes` and `word_count` say what is needed
  not_in_place  ///< nothing was done: bytes of the unit stand in several packets, or the plan is broken
};

/// Encrypts what the packets of a plan point at, where it lies, and writes a plan of the same packets as they go out: each
/// with a header of its own, and behind its pieces the tag and `mki`. `index` is that of the first packet.
SealResult seal_plan(PartsCipher &cipher, const SendPlan &plan, const std::uint8_t *mki, std::size_t mki_bytes,
                     std::uint64_t index, SealedPlan &out);

}  // namespace framelane
