// AES in counter mode and GCM by the instructions VAES and VPCLMULQDQ: four blocks an instruction. Why, beside OpenSSL:
// docs/decisions/srtp.md.
#pragma once
#include <cstddef>
#include <cstdint>

namespace framelane {

/// Whether this processor has the instructions.
bool has_vaes();

/// Round keys, and for GCM the powers of its hash key.
class VaesKey {
 public:
  /// 16, 24 or 32 bytes.
  VaesKey(const std::uint8_t *key, std::size_t bytes);
  ~VaesKey();
  VaesKey(const VaesKey &) = delete;
  VaesKey &operator=(const VaesKey &) = delete;

  /// XORs the key stream from counter block `iv` on into `data`; the last four bytes count.
  void counter_mode(const std::uint8_t *iv, std::uint8_t *data, std::size_t bytes) const;
  /// Encrypts and computes the tag; `nonce` is of 12 bytes.
  void seal(const std::uint8_t *nonce, const std::uint8_t *aad, std::size_t aad_bytes, std::uint8_t *data,
            std::size_t bytes, std::uint8_t *tag) const;
  /// Decrypts and computes the tag that the packet should have.
  void open(const std::uint8_t *nonce, const std::uint8_t *aad, std::size_t aad_bytes, std::uint8_t *data,
            std::size_t bytes, std::uint8_t *tag) const;

  static constexpr std::size_t kMaxRounds = 14;
  static constexpr std::size_t kPowers = 16;

 private:
  alignas(64) std::uint8_t round_keys_[kMaxRounds + 1][16];
  /// The hash key to the power of 16 first, to that of 1 last.
  alignas(64) std::uint8_t powers_[kPowers][16];
  std::size_t rounds_;
};

}  // namespace framelane
