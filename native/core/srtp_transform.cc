#include "srtp_transform.h"

#include <algorithm>
#include <cstring>

namespace framelane {
namespace {

constexpr std::size_t kJobs = 64;

std::uint32_t get16(const std::uint8_t *from) { return static_cast<std::uint32_t>(from[0] << 8 | from[1]); }

std::uint32_t get32(const std::uint8_t *from) { return get16(from) << 16 | get16(from + 2); }

}  // namespace

std::size_t rtp_header_bytes(const std::uint8_t *packet, std::size_t bytes) {
  std::size_t header = 12 + 4 * static_cast<std::size_t>(packet[0] & 15);
  if ((packet[0] & 0x10) != 0 && header + 4 <= bytes) header += 4 + 4 * get16(packet + header + 2);
  return std::min(header, bytes);
}

CipherJob SrtpTransform::job_of(const StagedPacket &packet) {
  const auto last = static_cast<std::int64_t>(*index_);
  const auto step = static_cast<std::int16_t>(get16(packet.data + 2) - static_cast<std::uint32_t>(last));
  const std::int64_t index = last + step;
  *index_ = static_cast<double>(index);
  std::uint8_t *end = packet.data + packet.bytes;
  // Counter mode: MKI, tag (RFC 3711 section 3.1). GCM: the tag is part of what is encrypted, and the MKI behind it.
  const bool gcm = holder_->kind == SrtpCipher::gcm;
  if (!mki_.empty()) std::memcpy(gcm ? end + holder_->tag_bytes : end, mki_.data(), mki_.size());
  return {packet.data,
          packet.bytes,
          rtp_header_bytes(packet.data, packet.bytes),
          gcm ? end : end + mki_.size(),
          get32(packet.data + 8),
          static_cast<std::uint64_t>(index),
          static_cast<std::uint32_t>(index >> 16),
          false};
}

bool SrtpTransform::transform(const StagedPacket *packets, std::size_t count) {
  if (holder_->cipher == nullptr) return false;
  CipherJob jobs[kJobs];
  for (std::size_t from = 0; from < count; from += kJobs) {
    const std::size_t size = std::min(kJobs, count - from);
    for (std::size_t i = 0; i < size; i++) {
      if (packets[from + i].bytes < 12) return false;
      jobs[i] = job_of(packets[from + i]);
    }
    holder_->cipher->seal(jobs, size);
  }
  return true;
}

}  // namespace framelane
