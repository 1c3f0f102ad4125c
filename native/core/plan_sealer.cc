#include "plan_sealer.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "srtp_transform.h"

namespace framelane {
namespace {

constexpr std::uint32_t kPacketStep = 1;
constexpr std::size_t kRtpHeader = 12;
constexpr std::uint32_t kInHeaders = 0x80000000;

/// The pieces of one packet; the first is its header.
class Pieces {
 public:
  void load(const PlanCursor &cursor) {
    parts_.resize(cursor.parts());
    scratch_.resize(cursor.patched_bytes());
    cursor.gather(parts_.data(), scratch_.data());
  }
  const std::vector<iovec> &parts() const { return parts_; }

 private:
  std::vector<iovec> parts_;
  std::vector<std::uint8_t> scratch_;
};

bool is_inside(const iovec &part, const std::uint8_t *memory, std::size_t bytes) {
  const auto *at = static_cast<const std::uint8_t *>(part.iov_base);
  return at >= memory && at + part.iov_len <= memory + bytes;
}

/// What the new plan needs. False: a header is no RTP header, or bytes of the unit come twice or out of order, so that in
/// place they could be encrypted twice.
bool measure(const SendPlan &plan, std::size_t growth, SealedPlan &out) {
  out.header_bytes = out.word_count = 0;
  Pieces pieces;
  std::size_t end = 0;
  PlanCursor cursor(plan);
  for (; !cursor.at_end(); cursor.advance()) {
    pieces.load(cursor);
    const auto &parts = pieces.parts();
    if (parts[0].iov_len < kRtpHeader) return false;
    out.header_bytes += parts[0].iov_len + growth;
    out.word_count += 4 + 2 * parts.size();
    for (std::size_t i = 1; i < parts.size(); i++) {
      if (!is_inside(parts[i], plan.data, plan.data_bytes)) {
        out.header_bytes += parts[i].iov_len;
        continue;
      }
      const auto offset = static_cast<std::size_t>(static_cast<const std::uint8_t *>(parts[i].iov_base) - plan.data);
      if (offset < end) return false;
      end = offset + parts[i].iov_len;
    }
  }
  return !cursor.broken() && out.header_bytes < kInHeaders;
}

/// Writes packets one after the other.
class Writer {
 public:
  Writer(const SendPlan &plan, SealedPlan &out) : plan_(plan), out_(out) { out_.header_bytes = out_.word_count = 0; }

  std::uint8_t *copy(const void *from, std::size_t bytes) {
    std::uint8_t *to = out_.headers + out_.header_bytes;
    if (from != nullptr) std::memcpy(to, from, bytes);
    out_.header_bytes += bytes;
    return to;
  }
  void word(std::size_t value) { out_.words[out_.word_count++] = static_cast<std::uint32_t>(value); }
  std::size_t offset_of(const std::uint8_t *at) const { return static_cast<std::size_t>(at - out_.headers); }

  /// A piece where it lies, or a copy of one that several packets share.
  iovec piece(const iovec &part) {
    if (is_inside(part, plan_.data, plan_.data_bytes)) {
      word(static_cast<std::size_t>(static_cast<const std::uint8_t *>(part.iov_base) - plan_.data));
      word(part.iov_len);
      return part;
    }
    std::uint8_t *copied = copy(part.iov_base, part.iov_len);
    word(offset_of(copied) | kInHeaders);
    word(part.iov_len);
    return {copied, part.iov_len};
  }

 private:
  const SendPlan &plan_;
  SealedPlan &out_;
};

}  // namespace

SealResult seal_plan(PartsCipher &cipher, const SendPlan &plan, const std::uint8_t *mki, std::size_t mki_bytes,
                     std::uint64_t index, SealedPlan &out) {
  const std::size_t tag_bytes = cipher.tag_bytes(), growth = tag_bytes + mki_bytes;
  if (!measure(plan, growth, out)) return SealResult::not_in_place;
  if (out.header_bytes > out.header_capacity || out.word_count > out.word_capacity) return SealResult::too_small;
  Writer writer(plan, out);
  Pieces pieces;
  std::vector<iovec> packet;
  for (PlanCursor cursor(plan); !cursor.at_end(); cursor.advance(), index++) {
    pieces.load(cursor);
    const auto &parts = pieces.parts();
    std::uint8_t *header = writer.copy(parts[0].iov_base, parts[0].iov_len);
    writer.word(kPacketStep);
    writer.word(writer.offset_of(header));
    writer.word(parts[0].iov_len);
    writer.word(parts.size());
    packet.assign(1, {header, parts[0].iov_len});
    for (std::size_t i = 1; i < parts.size(); i++) packet.push_back(writer.piece(parts[i]));
    std::uint8_t *trailer = writer.copy(nullptr, growth);
    writer.word(writer.offset_of(trailer) | kInHeaders);
    writer.word(growth);
    std::uint8_t *tag = cipher.tag_first() ? trailer : trailer + mki_bytes;
    if (mki_bytes > 0) std::memcpy(cipher.tag_first() ? trailer + tag_bytes : trailer, mki, mki_bytes);
    cipher.seal(packet.data(), packet.size(), rtp_header_bytes(header, parts[0].iov_len), index, tag);
  }
  return SealResult::sealed;
}

}  // namespace framelane
