// Reading a plan of packets as TypeScript wrote it: src/rtp/send-plan.ts describes its words.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace framelane {

/// Largest UDP payload that IPv4 carries, and the largest train (RFC 768: 65535 less IP and UDP headers).
constexpr std::size_t kMaxPacketBytes = 65507;

/// A plan and the unit that it cuts into packets: all memory is the caller's.
struct SendPlan {
  const std::uint8_t *headers;
  std::size_t header_bytes;
  const std::uint32_t *words;
  std::size_t word_count;
  const std::uint8_t *data;
  std::size_t data_bytes;
};

/// Stands on one packet of a plan. Every step is checked against the memory before one of its packets is shown.
class PlanCursor {
 public:
  explicit PlanCursor(const SendPlan &plan) : plan_(plan) { load(); }

  /// Goes to the packet of that number, counted from 0, by whole steps.
  void seek(std::uint32_t packet);
  /// Goes to the next packet.
  void advance();
  /// There is no packet here: the plan is over, or broken.
  bool at_end() const { return count_ == 0; }
  /// The step here points outside of the memory, or there is no such step.
  bool broken() const { return broken_; }
  /// Bytes of this packet.
  std::size_t bytes() const { return bytes_; }
  /// Pieces of memory that this packet lies in.
  std::size_t parts() const { return 1 + pieces_; }
  /// Bytes of its header when gather() needs a copy of it, otherwise 0: its sequence number is not the one in memory.
  std::size_t patched_bytes() const { return index_ == 0 ? 0 : header_bytes_; }

  /// Puts the packet together.
  void copy(std::uint8_t *to) const;
  /// Says where it lies, in parts() parts; a patched header is written to `scratch` (patched_bytes() bytes).
  void gather(iovec *to, std::uint8_t *scratch) const;

 private:
  struct Piece {
    const std::uint8_t *data;
    std::size_t bytes;
  };

  void load();
  bool load_packet();
  bool load_fragments();
  void select();
  void write_header(std::uint8_t *to) const;
  Piece piece(std::size_t i) const;
  bool has_header(std::size_t offset, std::size_t bytes) const;
  std::size_t step_words() const;

  SendPlan plan_;
  std::size_t step_ = 0;       // word at which the step begins
  std::uint32_t count_ = 0;    // packets of the step
  std::uint32_t index_ = 0;    // of this packet in the step
  bool broken_ = false;
  // This packet:
  std::size_t bytes_ = 0;
  const std::uint8_t *header_ = nullptr;
  std::size_t header_bytes_ = 0;
  std::size_t pieces_ = 0;
  bool fragment_ = false;
  const std::uint8_t *payload_ = nullptr;  // of a fragment
  std::size_t payload_bytes_ = 0;
};

}  // namespace framelane
