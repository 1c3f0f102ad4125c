#include "udp_batch.h"

#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

namespace framelane {
namespace {

// A packet of more pieces than this is copied: gathering so many costs more than that.
constexpr std::size_t kGatheredParts = 64;

}  // namespace

OutBatch &OutBatch::of_thread() {
  static thread_local OutBatch batch;
  return batch;
}

void OutBatch::add_message(std::size_t first_part, std::size_t parts, std::size_t bytes) {
  packets_[messages_] = 1;
  bytes_[messages_] = bytes;
  segment_[messages_] = bytes;
  first_part_[messages_] = first_part;
  part_count_[messages_] = parts;
  messages_++;
}

bool OutBatch::stage(PlanCursor &cursor, std::size_t count, const TrainRule &rule, PacketTransform *transform) {
  messages_ = 0;
  const std::size_t growth = transform != nullptr ? transform->growth() : 0;
  count = std::min(count, kStagedPackets);
  std::size_t used = 0, staged = 0;
  bool open = false;  // the last message may take another packet
  for (; staged < count && !cursor.at_end(); staged++, cursor.advance()) {
    const std::size_t size = cursor.bytes() + growth;
    const std::size_t last = messages_ - 1;
    if (used + size > kStagingBytes) break;
    if (open && size <= segment_[last]) {
      // A full train ends the batch: what follows is better off in the next, full one.
      if (packets_[last] == rule.max_segments || bytes_[last] + size > kMaxPacketBytes) break;
      packets_[last]++;
      bytes_[last] += size;
      open = size == segment_[last];
    } else {
      if (messages_ == kMessages) break;
      parts_[messages_].iov_base = staging_ + used;
      add_message(messages_, 1, size);
      open = size < rule.segment_limit && rule.max_segments > 1;
    }
    cursor.copy(staging_ + used);
    staged_[staged] = {staging_ + used, size - growth, size};
    used += size;
  }
  for (std::size_t i = 0; i < messages_; i++) parts_[i].iov_len = bytes_[i];
  return transform == nullptr || transform->transform(staged_, staged);
}

void OutBatch::gather(PlanCursor &cursor, std::size_t count) {
  messages_ = 0;
  count = std::min(count, kMessages);
  std::size_t used = 0, parts = 0;
  for (; messages_ < count && !cursor.at_end(); cursor.advance()) {
    const bool whole = cursor.parts() > kGatheredParts;
    const std::size_t scratch = whole ? cursor.bytes() : cursor.patched_bytes();
    const std::size_t needed = whole ? 1 : cursor.parts();
    if (used + scratch > kStagingBytes || parts + needed > kParts) break;
    if (whole) {
      cursor.copy(staging_ + used);
      parts_[parts] = {staging_ + used, cursor.bytes()};
    } else {
      cursor.gather(parts_ + parts, staging_ + used);
    }
    add_message(parts, needed, cursor.bytes());
    used += scratch;
    parts += needed;
  }
}

mmsghdr *OutBatch::headers(const UdpAddress *to) {
  std::memset(headers_, 0, messages_ * sizeof headers_[0]);
  for (std::size_t i = 0; i < messages_; i++) {
    msghdr &header = headers_[i].msg_hdr;
    if (to != nullptr) header.msg_name = const_cast<sockaddr *>(to->raw());
    if (to != nullptr) header.msg_namelen = to->length;
    header.msg_iov = parts_ + first_part_[i];
    header.msg_iovlen = part_count_[i];
    if (packets_[i] == 1) continue;
    header.msg_control = &control_[i];
    header.msg_controllen = sizeof control_[i];
    cmsghdr *control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto segment = static_cast<std::uint16_t>(segment_[i]);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  }
  return headers_;
}

}  // namespace framelane
