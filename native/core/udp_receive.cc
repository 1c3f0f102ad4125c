// Receiving: whole batches into a slab, trains as the kernel merged them (UDP_GRO).
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "udp.h"

namespace framelane {
namespace {

constexpr std::size_t kMaxRows = 128;
constexpr int kRefusalsInARow = 16;

enum { kOffset, kBytes, kSegment, kAddress, kDrops = 10, kReserved };

/// What recvmmsg needs beside the slab; one a thread.
struct InBatch {
  mmsghdr headers[kMaxRows];
  iovec parts[kMaxRows];
  sockaddr_in6 names[kMaxRows];
  struct alignas(cmsghdr) Control {
    std::uint8_t bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(std::uint32_t))];
  } control[kMaxRows];

  void prepare(std::uint8_t *slab, std::size_t row_bytes, std::size_t rows) {
    for (std::size_t i = 0; i < rows; i++) {
      parts[i] = {slab + i * row_bytes, row_bytes};
      msghdr &header = headers[i].msg_hdr;
      header = {};
      header.msg_name = &names[i];
      header.msg_namelen = sizeof names[i];
      header.msg_iov = &parts[i];
      header.msg_iovlen = 1;
      header.msg_control = &control[i];
      header.msg_controllen = sizeof control[i];
    }
  }
};

struct Facts {
  std::uint32_t segment = 0;  // 0: not a train
  std::uint32_t drops = 0;
};

Facts facts_of(msghdr &header) {
  Facts facts;
  for (cmsghdr *control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(control), sizeof segment);
      facts.segment = static_cast<std::uint32_t>(segment);
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&facts.drops, CMSG_DATA(control), sizeof facts.drops);
    }
  }
  return facts;
}

}  // namespace

/// One message as a row of the table; false when it did not fit.
bool UdpSocket::describe(msghdr &header, std::uint32_t offset, std::uint32_t bytes, std::uint32_t *row) {
  if ((header.msg_flags & MSG_TRUNC) != 0) {
    counter(kTruncated)++;
    return false;
  }
  const Facts facts = facts_of(header);
  if (facts.drops != 0) counter(kKernelDrops) = drops_seen_ = facts.drops;
  const bool train = facts.segment != 0 && facts.segment < bytes;
  row[kOffset] = offset;
  row[kBytes] = bytes;
  row[kSegment] = train ? facts.segment : bytes;
  address_to_words(static_cast<const sockaddr *>(header.msg_name), row + kAddress);
  row[kDrops] = drops_seen_;
  row[kReserved] = 0;
  counter(kReceivedPackets) += train ? (bytes + facts.segment - 1) / facts.segment : 1;
  counter(kReceivedBytes) += bytes;
  counter(kReceivedTrains) += train;
  return true;
}

int UdpSocket::receive(std::uint8_t *slab, std::size_t row_bytes, std::uint32_t *table, std::uint32_t max_rows) {
  static thread_local InBatch batch;
  const auto rows = std::min<std::size_t>(max_rows, kMaxRows);
  batch.prepare(slab, row_bytes, rows);
  int count = -1;
  for (int attempt = 0; count < 0 && attempt < kRefusalsInARow; attempt++) {
    counter(kReceiveCalls)++;
    count = recvmmsg(fd_, batch.headers, static_cast<unsigned>(rows), MSG_DONTWAIT, nullptr);
    if (count >= 0 || errno == EINTR) continue;
    if (errno == EAGAIN) return 0;
    if (errno == EBADF) return -errno;
    // Not of this call, but what a router said to an earlier packet of ours.
    counter(kRefused)++;
  }
  std::uint32_t described = 0;
  for (int i = 0; i < count; i++) {
    const auto offset = static_cast<std::uint32_t>(i * row_bytes);
    auto *row = table + described * kRowWords;
    described += describe(batch.headers[i].msg_hdr, offset, batch.headers[i].msg_len, row);
  }
  return static_cast<int>(described);
}

}  // namespace framelane
