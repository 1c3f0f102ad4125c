// Where datagrams come from and go to, as words that TypeScript reads and writes without a string.
#pragma once
#include <netinet/in.h>

#include <cstdint>

namespace framelane {

/// Words of an address: 0 port, 1 family (4 or 6), 2 scope id, 3..6 the address's bytes in their order on the wire
/// (IPv4 in word 3). IPv4 addresses that IPv6 carries (::ffff:a.b.c.d) are shown as IPv4.
constexpr std::size_t kAddressWords = 7;

/// A socket address of either family.
struct UdpAddress {
  sockaddr_in6 storage{};  // large enough for both
  socklen_t length = 0;

  sockaddr *raw() { return reinterpret_cast<sockaddr *>(&storage); }
  const sockaddr *raw() const { return reinterpret_cast<const sockaddr *>(&storage); }

  /// For a socket of `socket_family` (4 or 6): an IPv4 address is mapped into IPv6 for one of family 6.
  static UdpAddress from_words(const std::uint32_t *words, int socket_family);
};

/// The words of an address that the kernel gave.
void address_to_words(const sockaddr *address, std::uint32_t *words);
/// Numbers and dots or colons, `%interface` behind: false when it is no address. The port is 0.
bool parse_address(const char *text, std::uint32_t *words);
/// The address as text of at most 64 characters, `%interface` behind a scoped one; without the port.
void format_address(const std::uint32_t *words, char *text);

}  // namespace framelane
