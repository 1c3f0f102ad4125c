// What may be done to packets between staging and sending: SRTP.
#pragma once
#include <cstddef>
#include <cstdint>

namespace framelane {

/// A whole packet in the staging buffer, RTP header first.
struct StagedPacket {
  std::uint8_t *data;
  std::size_t bytes;     ///< before the transform
  std::size_t capacity;  ///< bytes + growth(): room for what is added behind
};

/// Changes packets in place. Every packet grows by the same number of bytes, so equal packets stay equal and remain a
/// train; it is known before they are staged.
///
/// A packet may come again, with the same bytes and sequence number, when the kernel had no room for it: the same
/// packet must come out. Packets come in the order of their sequence numbers otherwise.
class PacketTransform {
 public:
  virtual ~PacketTransform() = default;
  /// Bytes that each packet grows by: tag and key identifier.
  virtual std::size_t growth() const = 0;
  /// Changes `count` packets, each from `bytes` to `capacity` bytes. They come many at a time (the packets of a staging
  /// buffer), so that several can be worked on interleaved. False: none of them may be sent (the key is used up).
  virtual bool transform(const StagedPacket *packets, std::size_t count) = 0;
};

}  // namespace framelane
