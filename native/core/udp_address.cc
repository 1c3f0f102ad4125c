#include "udp_address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace framelane {
namespace {

enum { kPort, kFamily, kScope, kBytes };
constexpr std::size_t kMappedAt = 12;  // RFC 4291 section 2.5.5.2: where the IPv4 address stands

std::uint32_t scope_of(const char *name) {
  std::uint32_t index = if_nametoindex(name);
  return index != 0 ? index : static_cast<std::uint32_t>(std::strtoul(name, nullptr, 10));
}

}  // namespace

UdpAddress UdpAddress::from_words(const std::uint32_t *words, int socket_family) {
  UdpAddress address;
  const auto port = htons(static_cast<std::uint16_t>(words[kPort]));
  if (socket_family == 4) {
    auto *v4 = reinterpret_cast<sockaddr_in *>(&address.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = port;
    std::memcpy(&v4->sin_addr, words + kBytes, sizeof v4->sin_addr);
    address.length = sizeof *v4;
    return address;
  }
  sockaddr_in6 &v6 = address.storage;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = port;
  v6.sin6_scope_id = words[kScope];
  address.length = sizeof v6;
  std::uint8_t *bytes = v6.sin6_addr.s6_addr;
  if (words[kFamily] == 6) {
    std::memcpy(bytes, words + kBytes, sizeof v6.sin6_addr);
  } else {
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes + kMappedAt, words + kBytes, 4);
  }
  return address;
}

void address_to_words(const sockaddr *address, std::uint32_t *words) {
  std::memset(words, 0, kAddressWords * sizeof *words);
  words[kFamily] = 4;
  if (address->sa_family == AF_INET) {
    const auto *v4 = reinterpret_cast<const sockaddr_in *>(address);
    words[kPort] = ntohs(v4->sin_port);
    std::memcpy(words + kBytes, &v4->sin_addr, sizeof v4->sin_addr);
    return;
  }
  const auto *v6 = reinterpret_cast<const sockaddr_in6 *>(address);
  words[kPort] = ntohs(v6->sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    std::memcpy(words + kBytes, v6->sin6_addr.s6_addr + kMappedAt, 4);
    return;
  }
  words[kFamily] = 6;
  words[kScope] = v6->sin6_scope_id;
  std::memcpy(words + kBytes, &v6->sin6_addr, sizeof v6->sin6_addr);
}

bool parse_address(const char *text, std::uint32_t *words) {
  char address[INET6_ADDRSTRLEN] = {};
  const char *percent = std::strchr(text, '%');
  const std::size_t length = percent != nullptr ? static_cast<std::size_t>(percent - text) : std::strlen(text);
  if (length >= sizeof address) return false;
  std::memcpy(address, text, length);
  std::memset(words, 0, kAddressWords * sizeof *words);
  words[kFamily] = 4;
  if (percent == nullptr && inet_pton(AF_INET, address, words + kBytes) == 1) return true;
  words[kFamily] = 6;
  words[kScope] = percent != nullptr ? scope_of(percent + 1) : 0;
  return inet_pton(AF_INET6, address, words + kBytes) == 1 && (percent == nullptr || words[kScope] != 0);
}

void format_address(const std::uint32_t *words, char *text) {
  const bool v6 = words[kFamily] == 6;
  inet_ntop(v6 ? AF_INET6 : AF_INET, words + kBytes, text, INET6_ADDRSTRLEN);
  if (!v6 || words[kScope] == 0) return;
  char name[IF_NAMESIZE] = {};
  char *end = text + std::strlen(text);
  if (if_indextoname(words[kScope], name) != nullptr) {
    std::snprintf(end, IF_NAMESIZE + 2, "%%%s", name);
  } else {
    std::snprintf(end, IF_NAMESIZE + 2, "%%%u", words[kScope]);
  }
}

}  // namespace framelane
