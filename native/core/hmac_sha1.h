// HMAC-SHA1 (RFC 2104) of many messages with one key.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace framelane {

/// A message: `bytes` at `data`, and behind them a word in network order (SRTP's ROC, SRTCP's index).
struct HashJob {
  const std::uint8_t *data;
  std::size_t bytes;
  std::uint32_t extra;
  std::uint8_t digest[20];  ///< the result
};

/// The states that the key's inner and outer padding lead to.
struct HmacKey {
  std::uint32_t inner[5], outer[5];

  /// `bytes` is at most 64.
  HmacKey(const std::uint8_t *key, std::size_t bytes);
  ~HmacKey();
};

/// By OpenSSL, one after the other.
void hmac_sha1_openssl(const HmacKey &key, HashJob *jobs, std::size_t count);

/// Of one message in pieces, by OpenSSL; `digest` is of 20 bytes.
void hmac_sha1_parts(const HmacKey &key, const iovec *parts, std::size_t count, std::uint32_t extra, std::uint8_t *digest);

/// By SHA instructions, four at a time: one alone waits for itself most of the time.
void hmac_sha1_ni(const HmacKey &key, HashJob *jobs, std::size_t count);
bool has_sha_ni();

}  // namespace framelane
