#include "packet_cipher.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "aes_vaes.h"
#include "crypto_openssl.h"
#include "hmac_sha1.h"

namespace framelane {
namespace {

constexpr std::size_t kGcmTag = 16;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kSalt = 14;

void put32(std::uint8_t *to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}

/// IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16): RFC 3711 section 4.1.1.
void write_counter(std::uint32_t ssrc, std::uint64_t index, const std::uint8_t *salt, std::uint8_t *iv) {
  put32(iv, 0);
  put32(iv + 4, ssrc);
  put32(iv + 8, static_cast<std::uint32_t>(index >> 16));
  put32(iv + 12, static_cast<std::uint32_t>(index << 16));
  for (std::size_t i = 0; i < kSalt; i++) iv[i] ^= salt[i];
}

/// 16 bits of zero, SSRC, 48 bits of index, XOR the salt: RFC 7714 sections 8.1 and 9.1.
void write_nonce(std::uint32_t ssrc, std::uint64_t index, const std::uint8_t *salt, std::uint8_t *nonce) {
  put32(nonce, ssrc >> 16);
  put32(nonce + 4, (ssrc << 16) | static_cast<std::uint32_t>(index >> 32));
  put32(nonce + 8, static_cast<std::uint32_t>(index));
  for (std::size_t i = 0; i < kNonce; i++) nonce[i] ^= salt[i];
}

struct Bytes {
  std::uint8_t *data;
  std::size_t size;
};

enum class Direction { decrypt, encrypt };

/// A cipher of OpenSSL with its key.
class EvpCipher {
 public:
  EvpCipher(const evp_cipher_st *cipher, const std::uint8_t *key, Direction direction)
      : context_(EVP_CIPHER_CTX_new()), direction_(static_cast<int>(direction)) {
    EVP_CipherInit_ex(context_, cipher, nullptr, key, nullptr, direction_);
  }
  ~EvpCipher() { EVP_CIPHER_CTX_free(context_); }  // which wipes the key
  EvpCipher(const EvpCipher &) = delete;
  EvpCipher &operator=(const EvpCipher &) = delete;

  void begin(const std::uint8_t *iv) { EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, iv, direction_); }
  void authenticate(const Bytes &aad) {
    int written = 0;
    EVP_CipherUpdate(context_, nullptr, &written, aad.data, static_cast<int>(aad.size));
  }
  /// Encrypts or decrypts in place.
  void mix(const Bytes &data) {
    int written = 0;
    if (data.size > 0) EVP_CipherUpdate(context_, data.data, &written, data.data, static_cast<int>(data.size));
  }
  void finish(std::uint8_t *tag) {
    int written = 0;
    EVP_CipherFinal_ex(context_, tag, &written);
    EVP_CIPHER_CTX_ctrl(context_, kGetTag, kGcmTag, tag);
  }
  bool check(std::uint8_t *tag) {
    int written = 0;
    std::uint8_t none[kGcmTag];
    return EVP_CIPHER_CTX_ctrl(context_, kSetTag, kGcmTag, tag) == 1 && EVP_CipherFinal_ex(context_, none, &written) == 1;
  }

 private:
  evp_cipher_ctx_st *context_;
  int direction_;
};

const evp_cipher_st *counter_cipher(std::size_t key_bytes) {
  return key_bytes == 16 ? EVP_aes_128_ctr() : key_bytes == 24 ? EVP_aes_192_ctr() : EVP_aes_256_ctr();
}

/// Key streams by OpenSSL.
class OpensslAes {
 public:
  explicit OpensslAes(const SessionKeys &keys) : cipher_(counter_cipher(keys.key_bytes), keys.key, Direction::encrypt) {}
  void counter_mode(const std::uint8_t *iv, std::uint8_t *data, std::size_t bytes) {
    cipher_.begin(iv);
    cipher_.mix({data, bytes});
  }

 private:
  EvpCipher cipher_;
};

/// Key streams by this processor's instructions.
class VaesAes {
 public:
  explicit VaesAes(const SessionKeys &keys) : key_(keys.key, keys.key_bytes) {}
  void counter_mode(const std::uint8_t *iv, std::uint8_t *data, std::size_t bytes) { key_.counter_mode(iv, data, bytes); }

 private:
  VaesKey key_;
};

using Hmac = void (*)(const HmacKey &, HashJob *, std::size_t);

/// AES in counter mode and HMAC-SHA1: RFC 3711 sections 4.1.1 and 4.2.1.
template <typename Aes>
class CounterModeCipher : public PacketCipher {
 public:
  CounterModeCipher(const SessionKeys &keys, Hmac hmac)
      : aes_(keys), hmac_key_(keys.authentication, 20), hmac_(hmac), tag_bytes_(keys.tag_bytes) {
    std::memcpy(salt_, keys.salt, sizeof salt_);
  }
  ~CounterModeCipher() override { wipe(salt_, sizeof salt_); }

  void seal(CipherJob *jobs, std::size_t count) override {
    for (std::size_t i = 0; i < count; i++) mix(jobs[i]);
    in_groups(jobs, count, [this](CipherJob &job, const HashJob &hash) { std::memcpy(job.tag, hash.digest, tag_bytes_); });
  }

  void open(CipherJob *jobs, std::size_t count) override {
    in_groups(jobs, count, [this](CipherJob &job, const HashJob &hash) {
      job.authentic = CRYPTO_memcmp(job.tag, hash.digest, tag_bytes_) == 0;
      if (job.authentic) mix(job);
    });
  }

 private:
  static constexpr std::size_t kGroup = 32;

  /// Hashes every packet, and hands it with its hash to `use`.
  template <typename Use>
  void in_groups(CipherJob *jobs, std::size_t count, Use use) {
    HashJob hashes[kGroup];
    for (std::size_t from = 0; from < count; from += kGroup) {
      const std::size_t size = std::min(kGroup, count - from);
      for (std::size_t i = 0; i < size; i++) {
        const CipherJob &job = jobs[from + i];
        hashes[i].data = job.packet;
        hashes[i].bytes = job.bytes;
        hashes[i].extra = job.extra;
      }
      hmac_(hmac_key_, hashes, size);
      for (std::size_t i = 0; i < size; i++) use(jobs[from + i], hashes[i]);
    }
  }

  void mix(const CipherJob &job) {
    std::uint8_t iv[16];
    write_counter(job.ssrc, job.index, salt_, iv);
    aes_.counter_mode(iv, job.packet + job.clear, job.bytes - job.clear);
  }

  Aes aes_;
  HmacKey hmac_key_;
  Hmac hmac_;
  std::size_t tag_bytes_;
  std::uint8_t salt_[kSalt];
};

/// AEAD by OpenSSL.
class OpensslGcm {
 public:
  explicit OpensslGcm(const SessionKeys &keys)
      : sealing_(cipher_of(keys), keys.key, Direction::encrypt), opening_(cipher_of(keys), keys.key, Direction::decrypt) {}

  void seal(const std::uint8_t *nonce, const Bytes &aad, const Bytes &data, std::uint8_t *tag) {
    sealing_.begin(nonce);
    sealing_.authenticate(aad);
    sealing_.mix(data);
    sealing_.finish(tag);
  }
  bool open(const std::uint8_t *nonce, const Bytes &aad, const Bytes &data, std::uint8_t *tag) {
    opening_.begin(nonce);
    opening_.authenticate(aad);
    opening_.mix(data);
    if (opening_.check(tag)) return true;
    opening_.begin(nonce);
    opening_.mix(data);  // the same key stream once more
    return false;
  }

 private:
  static const evp_cipher_st *cipher_of(const SessionKeys &keys) {
    return keys.key_bytes == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  }

  EvpCipher sealing_, opening_;
};

/// AEAD by this processor's instructions.
class VaesGcm {
 public:
  explicit VaesGcm(const SessionKeys &keys) : key_(keys.key, keys.key_bytes) {}

  void seal(const std::uint8_t *nonce, const Bytes &aad, const Bytes &data, std::uint8_t *tag) {
    key_.seal(nonce, aad.data, aad.size, data.data, data.size, tag);
  }
  bool open(const std::uint8_t *nonce, const Bytes &aad, const Bytes &data, std::uint8_t *tag) {
    std::uint8_t right[kGcmTag], unused[kGcmTag];
    key_.open(nonce, aad.data, aad.size, data.data, data.size, right);
    if (CRYPTO_memcmp(right, tag, kGcmTag) == 0) return true;
    key_.open(nonce, aad.data, aad.size, data.data, data.size, unused);  // the same key stream once more
    return false;
  }

 private:
  VaesKey key_;
};

/// AEAD_AES_128_GCM and AEAD_AES_256_GCM: RFC 7714.
template <typename Gcm>
class GcmCipher : public PacketCipher {
 public:
  explicit GcmCipher(const SessionKeys &keys) : gcm_(keys), control_(keys.control) { std::memcpy(salt_, keys.salt, sizeof salt_); }
  ~GcmCipher() override { wipe(salt_, sizeof salt_); }

  void seal(CipherJob *jobs, std::size_t count) override {
    for (std::size_t i = 0; i < count; i++) {
      std::uint8_t nonce[kNonce];
      write_nonce(jobs[i].ssrc, jobs[i].index, salt_, nonce);
      gcm_.seal(nonce, aad_of(jobs[i]), secret_of(jobs[i]), jobs[i].tag);
    }
  }
  void open(CipherJob *jobs, std::size_t count) override {
    for (std::size_t i = 0; i < count; i++) {
      std::uint8_t nonce[kNonce];
      write_nonce(jobs[i].ssrc, jobs[i].index, salt_, nonce);
      jobs[i].authentic = gcm_.open(nonce, aad_of(jobs[i]), secret_of(jobs[i]), jobs[i].tag);
    }
  }

 private:
  /// SRTCP authenticates the word of E and index too, which is not next to the rest: section 9.2.
  Bytes aad_of(const CipherJob &job) {
    if (!control_) return {job.packet, job.clear};
    aad_.assign(job.packet, job.packet + job.clear);
    aad_.resize(job.clear + sizeof job.extra);
    put32(aad_.data() + job.clear, job.extra);
    return {aad_.data(), aad_.size()};
  }
  static Bytes secret_of(const CipherJob &job) { return {job.packet + job.clear, job.bytes - job.clear}; }

  Gcm gcm_;
  bool control_;
  std::vector<std::uint8_t> aad_;
  std::uint8_t salt_[kNonce];
};

std::uint32_t get32(const std::uint8_t *from) {
  std::uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap32(value);
}

/// Does something to the pieces of a packet, but for the first `skip` bytes.
template <typename Use>
void each_part(const iovec *parts, std::size_t count, std::size_t skip, Use use) {
  for (std::size_t i = 0; i < count; i++) {
    const std::size_t skipped = std::min(skip, parts[i].iov_len);
    skip -= skipped;
    if (parts[i].iov_len > skipped) use(Bytes{static_cast<std::uint8_t *>(parts[i].iov_base) + skipped, parts[i].iov_len - skipped});
  }
}

class CounterModeParts : public PartsCipher {
 public:
  explicit CounterModeParts(const SessionKeys &keys)
      : cipher_(counter_cipher(keys.key_bytes), keys.key, Direction::encrypt), hmac_key_(keys.authentication, 20), tag_bytes_(keys.tag_bytes) {
    std::memcpy(salt_, keys.salt, sizeof salt_);
  }
  ~CounterModeParts() override { wipe(salt_, sizeof salt_); }

  std::size_t tag_bytes() const override { return tag_bytes_; }
  bool tag_first() const override { return false; }
  void seal(const iovec *parts, std::size_t count, std::size_t clear, std::uint64_t index, std::uint8_t *tag) override {
    std::uint8_t iv[16];
    write_counter(get32(static_cast<const std::uint8_t *>(parts[0].iov_base) + 8), index, salt_, iv);
    cipher_.begin(iv);
    each_part(parts, count, clear, [this](const Bytes &part) { cipher_.mix(part); });
    std::uint8_t digest[20];
    hmac_sha1_parts(hmac_key_, parts, count, static_cast<std::uint32_t>(index >> 16), digest);
    std::memcpy(tag, digest, tag_bytes_);
  }

 private:
  EvpCipher cipher_;
  HmacKey hmac_key_;
  std::size_t tag_bytes_;
  std::uint8_t salt_[kSalt];
};

class GcmParts : public PartsCipher {
 public:
  explicit GcmParts(const SessionKeys &keys)
      : cipher_(keys.key_bytes == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), keys.key, Direction::encrypt) {
    std::memcpy(salt_, keys.salt, sizeof salt_);
  }
  ~GcmParts() override { wipe(salt_, sizeof salt_); }

  std::size_t tag_bytes() const override { return kGcmTag; }
  bool tag_first() const override { return true; }
  void seal(const iovec *parts, std::size_t count, std::size_t clear, std::uint64_t index, std::uint8_t *tag) override {
    auto *header = static_cast<std::uint8_t *>(parts[0].iov_base);
    std::uint8_t nonce[kNonce];
    write_nonce(get32(header + 8), index, salt_, nonce);
    cipher_.begin(nonce);
    cipher_.authenticate({header, clear});
    each_part(parts, count, clear, [this](const Bytes &part) { cipher_.mix(part); });
    cipher_.finish(tag);
  }

 private:
  EvpCipher cipher_;
  std::uint8_t salt_[kNonce];
};

}  // namespace

std::unique_ptr<PartsCipher> make_parts_cipher(const SessionKeys &keys) {
  if (!has_openssl()) return nullptr;
  if (keys.cipher == SrtpCipher::gcm) return std::make_unique<GcmParts>(keys);
  return std::make_unique<CounterModeParts>(keys);
}

std::unique_ptr<PacketCipher> make_packet_cipher(const SessionKeys &keys, CryptoKernel kernel) {
  if (!has_openssl()) return nullptr;
  const bool vaes = kernel == CryptoKernel::fastest && has_vaes();
  if (keys.cipher == SrtpCipher::gcm) {
    if (vaes) return std::make_unique<GcmCipher<VaesGcm>>(keys);
    return std::make_unique<GcmCipher<OpensslGcm>>(keys);
  }
  const Hmac hmac = kernel == CryptoKernel::fastest && has_sha_ni() ? hmac_sha1_ni : hmac_sha1_openssl;
  if (vaes) return std::make_unique<CounterModeCipher<VaesAes>>(keys, hmac);
  return std::make_unique<CounterModeCipher<OpensslAes>>(keys, hmac);
}

const char *crypto_kernels() {
  if (!has_openssl()) return "";
  if (has_vaes()) return has_sha_ni() ? "vaes sha-ni" : "vaes";
  return has_sha_ni() ? "openssl sha-ni" : "openssl";
}

bool counter_mode_once(const std::uint8_t *key, std::size_t key_bytes, const std::uint8_t *iv, std::uint8_t *data,
                       std::size_t bytes) {
  if (!has_openssl()) return false;
  EvpCipher cipher(counter_cipher(key_bytes), key, Direction::encrypt);
  cipher.begin(iv);
  cipher.mix({data, bytes});
  return true;
}

void wipe(void *memory, std::size_t bytes) { OPENSSL_cleanse(memory, bytes); }

}  // namespace framelane
