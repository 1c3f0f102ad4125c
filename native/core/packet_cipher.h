// Encrypting and authenticating packets of SRTP and SRTCP, many at a time. Which key, which index: others say.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace framelane {

/// What is encrypted how (RFC 3711, 6188: counter mode and HMAC-SHA1; RFC 7714: AEAD by GCM).
enum class SrtpCipher { counter_mode, gcm };

/// Session keys (RFC 3711 section 4.3), which stay the caller's.
struct SessionKeys {
  SrtpCipher cipher;
  bool control;  ///< of SRTCP
  const std::uint8_t *key;
  std::size_t key_bytes;  ///< 16, 24 (counter mode only) or 32
  const std::uint8_t *salt;
  std::size_t salt_bytes;  ///< 14, GCM 12
  const std::uint8_t *authentication;  ///< 20 bytes; null for GCM
  std::size_t tag_bytes;  ///< 4, 10; GCM 16
};

/// One packet.
struct CipherJob {
  std::uint8_t *packet;
  std::size_t bytes;  ///< header and payload, nothing of what SRTP adds
  std::size_t clear;  ///< bytes in front that are authenticated, but not encrypted
  std::uint8_t *tag;  ///< where the tag is, or goes to
  std::uint32_t ssrc;
  std::uint64_t index;  ///< ROC || SEQ, or the SRTCP index (31 bits)
  std::uint32_t extra;  ///< authenticated behind the packet: the ROC, or the word of E and SRTCP index (not GCM's ROC)
  bool authentic;  ///< result of open()
};

/// How the work is done.
enum class CryptoKernel {
  fastest,
  openssl,  ///< by OpenSSL alone, on any processor
};

class PacketCipher {
 public:
  virtual ~PacketCipher() = default;
  /// Encrypts packets in place and writes their tags.
  virtual void seal(CipherJob *jobs, std::size_t count) = 0;
  /// Decrypts packets whose tag is right, in place. The others are as they were.
  virtual void open(CipherJob *jobs, std::size_t count) = 0;
};

/// Null when this process has no OpenSSL.
std::unique_ptr<PacketCipher> make_packet_cipher(const SessionKeys &keys, CryptoKernel kernel);

/// Seals one packet of RTP that lies in pieces, where they lie; by OpenSSL.
class PartsCipher {
 public:
  virtual ~PartsCipher() = default;
  virtual std::size_t tag_bytes() const = 0;
  /// Whether the tag stands before the key identifier (GCM) or behind it.
  virtual bool tag_first() const = 0;
  /// The first piece is the header, at least; its first `clear` bytes are not encrypted.
  virtual void seal(const iovec *parts, std::size_t count, std::size_t clear, std::uint64_t index, std::uint8_t *tag) = 0;
};

std::unique_ptr<PartsCipher> make_parts_cipher(const SessionKeys &keys);

/// What `fastest` means on this processor: "vaes" or "openssl", and "sha-ni"; empty without OpenSSL.
const char *crypto_kernels();

/// The pseudo-random function of RFC 3711 section 4.3.3: a key stream from `iv` (16 bytes) on, XORed into `data`.
/// False when it cannot be had.
bool counter_mode_once(const std::uint8_t *key, std::size_t key_bytes, const std::uint8_t *iv, std::uint8_t *data,
                       std::size_t bytes);

/// Overwrites what was secret, and is not optimised away.
void wipe(void *memory, std::size_t bytes);

}  // namespace framelane
