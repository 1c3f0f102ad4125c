// A UDP socket that sends plans of packets and receives batches: no decisions, TypeScript makes them.
#pragma once
#include <cstddef>
#include <cstdint>

#include "packet_transform.h"
#include "send_plan.h"
#include "udp_address.h"
#include "udp_batch.h"

namespace framelane {

/// What happened so far, as numbers that TypeScript reads at these places.
enum UdpCounter {
  kSentPackets,
  kSentBytes,
  kSentTrains,   ///< messages of two packets or more
  kSendCalls,
  kSendFull,     ///< EAGAIN: the send buffer had no room
  kSendStopped,  ///< errno that ended the last send early; 0 when all was taken
  kRefused,      ///< news of earlier packets, by ICMP: nobody receives there
  kReceivedPackets,
  kReceivedBytes,
  kReceivedTrains,
  kReceiveCalls,
  kTruncated,    ///< datagrams that did not fit a row and were dropped
  kKernelDrops,  ///< datagrams that the receive buffer had no room for (SO_RXQ_OVFL)
  kPath,         ///< UdpPath in use
  kMaxSegments,  ///< packets of a train at most
  kUdpCounters
};

/// How packets are given to the kernel.
enum UdpPath { kSendTrains, kSendMany, kSendOne };

/// Words of a row of a receive batch: offset in the slab, bytes, segment bytes, the address's words, kernel drops, 0.
constexpr std::size_t kRowWords = 12;

/// Options of a socket, as TypeScript names them.
enum UdpOption {
  kSendBuffer,
  kReceiveBuffer,
  kDscp,
  kTimeToLive,
  kMulticastTimeToLive,
  kMulticastLoopback,
  kMulticastInterface,
  kReuseAddress,
  kOnlyV6,
  kGro,
  kPathToUse,
};

/// Results are 0 or more, or minus an errno.
class UdpSocket {
 public:
  /// `counters`: kUdpCounters numbers that outlive the socket.
  UdpSocket(int family, double *counters);
  ~UdpSocket() { close(); }
  UdpSocket(const UdpSocket &) = delete;
  UdpSocket &operator=(const UdpSocket &) = delete;

  /// -errno when it could not be opened or was closed.
  int descriptor() const { return fd_; }
  int family() const { return family_; }
  void close();

  int bind(const std::uint32_t *address);
  int connect(const std::uint32_t *address);
  /// The local address, after bind or connect.
  int local_address(std::uint32_t *words) const;
  int set(UdpOption option, int value);
  /// What the kernel has; buffers in bytes as they are asked for (it doubles them for its bookkeeping).
  int get(UdpOption option) const;
  /// Receives what is sent to a group, by anybody or by one source. Interface 0: as routed.
  int join(const std::uint32_t *group, int interface, const std::uint32_t *source);
  /// Datagrams dropped so far because the receive buffer was full.
  int kernel_drops() const;

  /// Carries out a plan from packet `first` on, at most `count` packets. Returns how many the kernel took; why it
  /// stopped is in the counter kSendStopped. `to` may be null on a connected socket, `transform` may be null.
  int send(const SendPlan &plan, std::uint32_t first, std::uint32_t count, const UdpAddress *to, PacketTransform *transform);
  /// Sends one datagram: 0, or -errno.
  int send_datagram(const std::uint8_t *data, std::size_t bytes, const UdpAddress *to);
  /// Receives into a slab of `max_rows` rows of `row_bytes`; writes a row of the table for each datagram or train.
  int receive(std::uint8_t *slab, std::size_t row_bytes, std::uint32_t *table, std::uint32_t max_rows);

 private:
  bool load(OutBatch &batch, PlanCursor &cursor, std::uint32_t count, PacketTransform *transform) const;
  int submit(OutBatch &batch, const UdpAddress *to);
  int submit_singly(const mmsghdr *messages, std::size_t count);
  bool adapt(int error, const OutBatch *batch);
  bool again_once();
  void forgive();
  bool refuse_segments(const OutBatch &batch, int error);
  std::uint32_t count_sent(const OutBatch &batch, int messages);
  bool describe(msghdr &header, std::uint32_t offset, std::uint32_t bytes, std::uint32_t *row);
  int set_both_families(int option4, int option6, int value);
  int set_multicast_interface(int index);
  void show_path();
  double &counter(UdpCounter which) { return counters_[which]; }

  int fd_;
  int family_;
  double *counters_;
  UdpPath path_ = kSendTrains;
  TrainRule rule_;
  int refused_trains_ = 0;
  int refusals_ = 0;  // ICMP errors since something was sent
  bool tried_again_ = false;
  std::uint32_t drops_seen_ = 0;
};

}  // namespace framelane
