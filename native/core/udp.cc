#include "udp.h"

#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

namespace framelane {
namespace {

int result_of(int status) { return status < 0 ? -errno : 0; }

int set_int(int fd, int level, int name, int value) { return result_of(setsockopt(fd, level, name, &value, sizeof value)); }

int get_int(int fd, int level, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, name, &value, &length) < 0 ? -errno : value;
}

}  // namespace

UdpSocket::UdpSocket(int family, double *counters) : family_(family), counters_(counters) {
  fd_ = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    fd_ = -errno;
    return;
  }
  set_int(fd_, SOL_SOCKET, SO_RXQ_OVFL, 1);
  // Kernels before 4.18 do not know trains, and would send one as a single large datagram.
  if (get_int(fd_, SOL_UDP, UDP_SEGMENT) < 0) path_ = kSendMany;
  show_path();
}

void UdpSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -EBADF;
}

void UdpSocket::show_path() {
  counter(kPath) = path_;
  counter(kMaxSegments) = path_ == kSendTrains ? static_cast<double>(rule_.max_segments) : 1;
}

int UdpSocket::bind(const std::uint32_t *address) {
  const UdpAddress to = UdpAddress::from_words(address, family_);
  return result_of(::bind(fd_, to.raw(), to.length));
}

int UdpSocket::connect(const std::uint32_t *address) {
  const UdpAddress to = UdpAddress::from_words(address, family_);
  return result_of(::connect(fd_, to.raw(), to.length));
}

int UdpSocket::local_address(std::uint32_t *words) const {
  UdpAddress local;
  local.length = sizeof local.storage;
  if (getsockname(fd_, local.raw(), &local.length) < 0) return -errno;
  address_to_words(local.raw(), words);
  return 0;
}

/// IPv6 sockets send IPv4 too (to mapped addresses), with the options of that.
int UdpSocket::set_both_families(int option4, int option6, int value) {
  const int four = set_int(fd_, IPPROTO_IP, option4, value);
  return family_ == 4 ? four : set_int(fd_, IPPROTO_IPV6, option6, value);
}

int UdpSocket::set_multicast_interface(int index) {
  if (family_ == 6) return set_int(fd_, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  ip_mreqn request = {};
  request.imr_ifindex = index;
  return result_of(setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request));
}

int UdpSocket::set(UdpOption option, int value) {
  switch (option) {
    case kSendBuffer:
      return set_int(fd_, SOL_SOCKET, SO_SNDBUF, value);
    case kReceiveBuffer:
      return set_int(fd_, SOL_SOCKET, SO_RCVBUF, value);
    case kDscp:
      return set_both_families(IP_TOS, IPV6_TCLASS, value << 2);
    case kTimeToLive:
      return set_both_families(IP_TTL, IPV6_UNICAST_HOPS, value);
    case kMulticastTimeToLive:
      return set_both_families(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, value);
    case kMulticastLoopback:
      return set_both_families(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, value);
    case kMulticastInterface:
      return set_multicast_interface(value);
    case kReuseAddress:
      return set_int(fd_, SOL_SOCKET, SO_REUSEADDR, value);
    case kOnlyV6:
      return set_int(fd_, IPPROTO_IPV6, IPV6_V6ONLY, value);
    case kGro:
      return set_int(fd_, SOL_UDP, UDP_GRO, value);
    case kPathToUse:
      if (value > path_) path_ = static_cast<UdpPath>(value);
      show_path();
      return 0;
  }
  return -EINVAL;
}

int UdpSocket::get(UdpOption option) const {
  switch (option) {
    case kSendBuffer:
      return get_int(fd_, SOL_SOCKET, SO_SNDBUF) / 2;
    case kReceiveBuffer:
      return get_int(fd_, SOL_SOCKET, SO_RCVBUF) / 2;
    case kGro:
      return get_int(fd_, SOL_UDP, UDP_GRO);
    default:
      return -EINVAL;
  }
}

int UdpSocket::join(const std::uint32_t *group, int interface, const std::uint32_t *source) {
  const int level = family_ == 6 ? IPPROTO_IPV6 : IPPROTO_IP;
  const UdpAddress to = UdpAddress::from_words(group, family_);
  // Otherwise Linux delivers what other sockets of this machine have joined, too.
  set_int(fd_, level, family_ == 6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, 0);
  if (source == nullptr) {
    group_req request = {};
    request.gr_interface = static_cast<std::uint32_t>(interface);
    std::memcpy(&request.gr_group, to.raw(), to.length);
    return result_of(setsockopt(fd_, level, MCAST_JOIN_GROUP, &request, sizeof request));
  }
  const UdpAddress from = UdpAddress::from_words(source, family_);
  group_source_req request = {};
  request.gsr_interface = static_cast<std::uint32_t>(interface);
  std::memcpy(&request.gsr_group, to.raw(), to.length);
  std::memcpy(&request.gsr_source, from.raw(), from.length);
  return result_of(setsockopt(fd_, level, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request));
}

int UdpSocket::kernel_drops() const {
  std::uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t length = sizeof memory;
  if (getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory, &length) < 0) return -errno;
  return static_cast<int>(memory[SK_MEMINFO_DROPS]);
}

}  // namespace framelane
