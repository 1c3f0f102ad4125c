// What one system call sends and receives: messages over staged or gathered packets.
#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "packet_transform.h"
#include "send_plan.h"
#include "udp_address.h"

namespace framelane {

/// What the kernel takes as a train; narrower after it refused one.
struct TrainRule {
  std::size_t max_segments = 128;  ///< UDP_MAX_SEGMENTS: 64 before Linux 6.9
  std::size_t segment_limit = kMaxPacketBytes;  ///< packets of this size or larger make no trains
};

/// Packets on their way into one sendmmsg call. The memory is one a thread: it stays warm from unit to unit.
class OutBatch {
 public:
  static constexpr std::size_t kMessages = 64;
  /// Room for one full train.
  static constexpr std::size_t kStagingBytes = 64 << 10;
  static constexpr std::size_t kStagedPackets = 1024;
  static constexpr std::size_t kParts = 1024;

  /// The calling thread's.
  static OutBatch &of_thread();

  /// Copies packets into the staging buffer, at most `count`. Packets of one size become a train, which a shorter one
  /// may end; each train is a message. False: the transform refused.
  bool stage(PlanCursor &cursor, std::size_t count, const TrainRule &rule, PacketTransform *transform);
  /// Points at packets where they lie, a message each, at most `count`; only headers with a sequence number of their own
  /// (and packets of very many parts) are written to the staging buffer.
  void gather(PlanCursor &cursor, std::size_t count);

  std::size_t messages() const { return messages_; }
  std::size_t packets_of(std::size_t message) const { return packets_[message]; }
  std::size_t bytes_of(std::size_t message) const { return bytes_[message]; }
  /// Bytes of each packet of a train but the last.
  std::size_t segment_of(std::size_t message) const { return segment_[message]; }
  /// Message headers for sendmmsg, all to one address.
  mmsghdr *headers(const UdpAddress *to);

 private:
  void add_message(std::size_t first_part, std::size_t parts, std::size_t bytes);

  std::size_t messages_ = 0;
  std::size_t packets_[kMessages];
  std::size_t bytes_[kMessages];
  std::size_t segment_[kMessages];
  std::size_t first_part_[kMessages];
  std::size_t part_count_[kMessages];
  iovec parts_[kParts];
  mmsghdr headers_[kMessages];
  struct alignas(cmsghdr) Control {
    std::uint8_t bytes[CMSG_SPACE(sizeof(std::uint16_t))];
  } control_[kMessages];
  StagedPacket staged_[kStagedPackets];
  alignas(64) std::uint8_t staging_[kStagingBytes];
};

}  // namespace framelane
