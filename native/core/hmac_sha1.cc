#include "hmac_sha1.h"

#include <cstring>

#include "crypto_openssl.h"
#include "packet_cipher.h"

namespace framelane {
namespace {

constexpr std::size_t kBlock = 64;

void absorb_padding(const std::uint8_t *key, std::size_t bytes, std::uint8_t padding, std::uint32_t *state) {
  std::uint8_t block[kBlock] = {};
  std::memcpy(block, key, bytes);
  for (std::uint8_t &byte : block) byte ^= padding;
  FramelaneShaState hash;
  SHA1_Init(&hash);
  SHA1_Update(&hash, block, sizeof block);
  std::memcpy(state, hash.h, sizeof hash.h);
  wipe(block, sizeof block);
  wipe(&hash, sizeof hash);
}

/// A hash that has taken one block already.
FramelaneShaState after_block(const std::uint32_t *state) {
  FramelaneShaState hash = {};
  std::memcpy(hash.h, state, sizeof hash.h);
  hash.low = 8 * kBlock;
  return hash;
}

}  // namespace

HmacKey::HmacKey(const std::uint8_t *key, std::size_t bytes) {
  absorb_padding(key, bytes, 0x36, inner);
  absorb_padding(key, bytes, 0x5c, outer);
}

HmacKey::~HmacKey() {
  wipe(inner, sizeof inner);
  wipe(outer, sizeof outer);
}

void hmac_sha1_openssl(const HmacKey &key, HashJob *jobs, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) {
    const iovec whole = {const_cast<std::uint8_t *>(jobs[i].data), jobs[i].bytes};
    hmac_sha1_parts(key, &whole, 1, jobs[i].extra, jobs[i].digest);
  }
}

void hmac_sha1_parts(const HmacKey &key, const iovec *parts, std::size_t count, std::uint32_t extra, std::uint8_t *digest) {
  extra = __builtin_bswap32(extra);
  FramelaneShaState hash = after_block(key.inner);
  for (std::size_t i = 0; i < count; i++) SHA1_Update(&hash, parts[i].iov_base, parts[i].iov_len);
  SHA1_Update(&hash, &extra, sizeof extra);
  SHA1_Final(digest, &hash);
  hash = after_block(key.outer);
  SHA1_Update(&hash, digest, 20);
  SHA1_Final(digest, &hash);
}

}  // namespace framelane
