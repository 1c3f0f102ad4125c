// Sending: plans by trains where the kernel takes them, otherwise many packets a call, otherwise one.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "udp.h"

namespace framelane {
namespace {

constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
// The kernel tells of an ICMP error by failing one call; more than so many in a row are waited out.
constexpr int kRefusalsInARow = 16;
// Refusals of trains of different sizes after which no train is tried any more.
constexpr int kRefusedTrains = 4;
// What every kernel that has UDP_SEGMENT takes.
constexpr std::size_t kOldMaxSegments = 64;

int send_one(int fd, const msghdr &message) {
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, kFlags);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 1;
}

}  // namespace

int UdpSocket::submit_singly(const mmsghdr *messages, std::size_t count) {
  int result = send_one(fd_, messages[0].msg_hdr);
  if (result < 0) return result;
  std::size_t taken = 1;
  for (; taken < count && result > 0; taken++) {
    counter(kSendCalls)++;
    result = send_one(fd_, messages[taken].msg_hdr);
  }
  // Other errors of a later message are met again when that one is first.
  if (result == -ECONNREFUSED) counter(kRefused)++;
  return static_cast<int>(result > 0 ? taken : taken - 1);
}

// How many messages the kernel took, or -errno when it did not take the first.
int UdpSocket::submit(OutBatch &batch, const UdpAddress *to) {
  mmsghdr *messages = batch.headers(to);
  const auto count = static_cast<unsigned>(batch.messages());
  counter(kSendCalls)++;
  if (count == 1) return send_one(fd_, messages[0].msg_hdr);
  if (path_ == kSendOne) return submit_singly(messages, batch.messages());
  int taken = sendmmsg(fd_, messages, count, kFlags);
  return taken < 0 ? -errno : taken;
}

/// A train was refused: narrower ones from now on, or none.
bool UdpSocket::refuse_segments(const OutBatch &batch, int error) {
  if (error != EIO && batch.packets_of(0) > kOldMaxSegments) {
    rule_.max_segments = kOldMaxSegments;
  } else if (error == EIO || ++refused_trains_ == kRefusedTrains) {
    path_ = kSendMany;
  } else {
    // Packets larger than the way's MTU make no trains; smaller ones may.
    rule_.segment_limit = batch.segment_of(0);
  }
  show_path();
  return true;
}

/// What to do about a call that failed: true to try the same packets again. `batch` is what it was about, if one.
bool UdpSocket::adapt(int error, const OutBatch *batch) {
  switch (error) {
    case EINTR:
      return true;
    case ECONNREFUSED:
      counter(kRefused)++;
      return ++refusals_ < kRefusalsInARow;
    case EIO:
    case EINVAL:
    case EMSGSIZE:
      return batch != nullptr && batch->packets_of(0) > 1 ? refuse_segments(*batch, error) : again_once();
    case ENOSYS:
      if (path_ != kSendMany) return false;
      path_ = kSendOne;
      show_path();
      return true;
    case EAGAIN:
      counter(kSendFull)++;
      return false;
    default:
      return again_once();
  }
}

/// Errors are counted anew.
void UdpSocket::forgive() {
  refusals_ = 0;
  tried_again_ = false;
}

/// A router's news of an earlier packet (too large, unreachable) fails one call; what fails twice is an error.
bool UdpSocket::again_once() { return !std::exchange(tried_again_, true); }

bool UdpSocket::load(OutBatch &batch, PlanCursor &cursor, std::uint32_t count, PacketTransform *transform) const {
  constexpr TrainRule kNoTrains = {1, 0};
  if (path_ == kSendTrains || transform != nullptr) {
    return batch.stage(cursor, count, path_ == kSendTrains ? rule_ : kNoTrains, transform);
  }
  batch.gather(cursor, count);
  return true;
}

std::uint32_t UdpSocket::count_sent(const OutBatch &batch, int messages) {
  std::uint32_t packets = 0;
  for (int i = 0; i < messages; i++) {
    packets += static_cast<std::uint32_t>(batch.packets_of(i));
    counter(kSentBytes) += static_cast<double>(batch.bytes_of(i));
    counter(kSentTrains) += batch.packets_of(i) > 1;
  }
  counter(kSentPackets) += packets;
  forgive();
  return packets;
}

int UdpSocket::send(const SendPlan &plan, std::uint32_t first, std::uint32_t count, const UdpAddress *to,
                    PacketTransform *transform) {
  OutBatch &batch = OutBatch::of_thread();
  PlanCursor cursor(plan);
  cursor.seek(first);
  forgive();
  std::uint32_t done = 0;
  int stopped = 0;
  while (stopped == 0 && done < count && !cursor.at_end()) {
    if (!load(batch, cursor, count - done, transform)) stopped = ECANCELED;
    else if (batch.messages() == 0) stopped = EMSGSIZE;
    if (stopped != 0) break;
    const int taken = submit(batch, to);
    if (taken > 0) done += count_sent(batch, taken);
    else if (!adapt(-taken, &batch)) stopped = -taken;
    if (taken < static_cast<int>(batch.messages())) cursor.seek(first + done);
  }
  if (stopped == 0 && cursor.broken()) stopped = EBADMSG;
  counter(kSendStopped) = stopped;
  return static_cast<int>(done);
}

int UdpSocket::send_datagram(const std::uint8_t *data, std::size_t bytes, const UdpAddress *to) {
  iovec part = {const_cast<std::uint8_t *>(data), bytes};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (to != nullptr) message.msg_name = const_cast<sockaddr *>(to->raw());
  if (to != nullptr) message.msg_namelen = to->length;
  forgive();
  int result;
  do {
    counter(kSendCalls)++;
    result = send_one(fd_, message);
  } while (result < 0 && adapt(-result, nullptr));
  if (result < 0) return result;
  counter(kSentPackets)++;
  counter(kSentBytes) += static_cast<double>(bytes);
  return 0;
}

}  // namespace framelane
