#include "send_plan.h"

#include <cstring>
#include <initializer_list>

namespace framelane {
namespace {

enum Step : std::uint32_t { kPacket = 1, kFragments = 2 };
constexpr std::size_t kPacketWords = 4, kFragmentsWords = 12;
constexpr std::uint32_t kInHeaders = 0x80000000;
// Bytes of a header up to the end of its sequence number (RFC 3550 section 5.1).
constexpr std::size_t kSequenceEnd = 4;

// Words of a fragments step: the three shapes, each headerOffset, headerBytes, payloadBytes.
enum { kFirst = 3, kMiddle = 6, kLast = 9 };

}  // namespace

bool PlanCursor::has_header(std::size_t offset, std::size_t bytes) const {
  return offset + bytes <= plan_.header_bytes;
}

std::size_t PlanCursor::step_words() const {
  return fragment_ ? kFragmentsWords : kPacketWords + 2 * pieces_;
}

PlanCursor::Piece PlanCursor::piece(std::size_t i) const {
  if (fragment_) return {payload_, payload_bytes_};
  const std::uint32_t *words = plan_.words + step_ + kPacketWords + 2 * i;
  bool in_headers = (words[0] & kInHeaders) != 0;
  return {(in_headers ? plan_.headers : plan_.data) + (words[0] & ~kInHeaders), words[1]};
}

bool PlanCursor::load_packet() {
  const std::uint32_t *words = plan_.words + step_;
  if (step_ + kPacketWords > plan_.word_count) return false;
  count_ = 1;
  header_ = plan_.headers + words[1];
  header_bytes_ = words[2];
  pieces_ = words[3];
  fragment_ = false;
  if (!has_header(words[1], words[2])) return false;
  if (pieces_ > (plan_.word_count - step_ - kPacketWords) / 2) return false;
  bytes_ = header_bytes_;
  for (std::size_t i = 0; i < pieces_; i++) {
    const std::uint32_t *at = words + kPacketWords + 2 * i;
    std::size_t end = std::size_t{at[0] & ~kInHeaders} + at[1];
    if (end > ((at[0] & kInHeaders) != 0 ? plan_.header_bytes : plan_.data_bytes)) return false;
    bytes_ += at[1];
  }
  return bytes_ > 0 && bytes_ <= kMaxPacketBytes;
}

bool PlanCursor::load_fragments() {
  if (step_ + kFragmentsWords > plan_.word_count) return false;
  const std::uint32_t *words = plan_.words + step_;
  count_ = words[1];
  if (count_ < 2) return false;
  std::uint64_t payload = words[2];
  for (std::size_t shape : {kFirst, kMiddle, kLast}) {
    if (shape == kMiddle && count_ == 2) continue;
    const std::uint64_t packets = shape == kMiddle ? count_ - 2 : 1;
    payload += packets * words[shape + 2];
    if (!has_header(words[shape], words[shape + 1]) || words[shape + 1] < kSequenceEnd) return false;
    if (std::size_t{words[shape + 1]} + words[shape + 2] > kMaxPacketBytes) return false;
  }
  pieces_ = 1;
  fragment_ = true;
  payload_ = plan_.data + words[2];
  return payload <= plan_.data_bytes;
}

void PlanCursor::load() {
  index_ = 0;
  count_ = 0;
  if (step_ >= plan_.word_count) return;
  const std::uint32_t kind = plan_.words[step_];
  broken_ = !(kind == kPacket ? load_packet() : kind == kFragments && load_fragments());
  if (broken_) count_ = 0;
  if (!broken_ && kind == kFragments) select();
}

// The shape of a fragment.
void PlanCursor::select() {
  const std::uint32_t *shape = plan_.words + step_ + (index_ == 0 ? kFirst : index_ == count_ - 1 ? kLast : kMiddle);
  header_ = plan_.headers + shape[0];
  header_bytes_ = shape[1];
  payload_bytes_ = shape[2];
  bytes_ = header_bytes_ + payload_bytes_;
}

void PlanCursor::advance() {
  if (++index_ < count_) {
    payload_ += payload_bytes_;
    select();
    return;
  }
  step_ += step_words();
  load();
}

void PlanCursor::seek(std::uint32_t packet) {
  step_ = 0;
  load();
  while (!at_end() && packet >= count_) {
    packet -= count_;
    step_ += step_words();
    load();
  }
  if (at_end() || packet == 0) return;
  const std::uint32_t *words = plan_.words + step_;
  payload_ += words[kFirst + 2] + std::size_t{packet - 1} * words[kMiddle + 2];
  index_ = packet;
  select();
}

void PlanCursor::write_header(std::uint8_t *to) const {
  std::memcpy(to, header_, header_bytes_);
  if (index_ == 0) return;
  const std::uint8_t *first = plan_.headers + plan_.words[step_ + kFirst];
  const std::uint32_t sequence = (first[2] << 8 | first[3]) + index_;
  to[2] = static_cast<std::uint8_t>(sequence >> 8);
  to[3] = static_cast<std::uint8_t>(sequence);
}

void PlanCursor::copy(std::uint8_t *to) const {
  write_header(to);
  to += header_bytes_;
  for (std::size_t i = 0; i < pieces_; i++) {
    const auto [data, bytes] = piece(i);
    std::memcpy(to, data, bytes);
    to += bytes;
  }
}

void PlanCursor::gather(iovec *to, std::uint8_t *scratch) const {
  if (patched_bytes() > 0) write_header(scratch);
  to[0] = {const_cast<std::uint8_t *>(patched_bytes() > 0 ? scratch : header_), header_bytes_};
  for (std::size_t i = 0; i < pieces_; i++) {
    const auto [data, bytes] = piece(i);
    to[i + 1] = {const_cast<std::uint8_t *>(data), bytes};
  }
}

}  // namespace framelane
