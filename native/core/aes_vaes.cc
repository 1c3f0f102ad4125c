#include "aes_vaes.h"

#include <algorithm>
#include <cstring>

#include "packet_cipher.h"

#if defined(__x86_64__)
#include <immintrin.h>

// The compiler's own intrinsics begin with registers that they do not set (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,vaes,vpclmulqdq,aes,pclmul,bmi,bmi2")

namespace framelane {
namespace {

using Block = __m128i;   // 16 bytes
using Blocks = __m512i;  // four of them
using RoundKeys = const std::uint8_t (*)[16];

// Bytes that are worked on at a time: four registers.
constexpr std::size_t kGroup = 256;

inline Block load(const void *from) { return _mm_loadu_si128(static_cast<const Block *>(from)); }
inline void store(void *to, Block block) { _mm_storeu_si128(static_cast<Block *>(to), block); }
inline Block reversed(Block block) {
  return _mm_shuffle_epi8(block, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}
inline Blocks reversed(Blocks blocks) {
  const Block order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_shuffle_epi8(blocks, _mm512_broadcast_i32x4(order));
}
inline Blocks round_key(RoundKeys keys, std::size_t round) { return _mm512_broadcast_i32x4(load(keys[round])); }

/// SubWord of FIPS 197 section 5.2.
inline std::uint32_t substituted(std::uint32_t word) {
  const Block lanes = _mm_shuffle_epi32(_mm_cvtsi32_si128(static_cast<int>(word)), 0);
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_aeskeygenassist_si128(lanes, 0)));
}

/// KeyExpansion of FIPS 197 section 5.2; words are as they lie in memory.
void expand(const std::uint8_t *key, std::size_t bytes, std::uint8_t *to) {
  const std::size_t words = bytes / 4, all = 4 * (words + 7);
  std::uint32_t w[4 * (VaesKey::kMaxRounds + 1)];
  std::memcpy(w, key, bytes);
  std::uint32_t constant = 1;
  for (std::size_t i = words; i < all; i++) {
    std::uint32_t word = w[i - 1];
    if (i % words == 0) {
      word = substituted((word >> 8) | (word << 24)) ^ constant;
      constant = (constant << 1) ^ (constant >= 0x80 ? 0x11b : 0);
    } else if (words > 6 && i % words == 4) {
      word = substituted(word);
    }
    w[i] = w[i - words] ^ word;
  }
  std::memcpy(to, w, 4 * all);
  wipe(w, sizeof w);
}

inline Block encrypt(RoundKeys keys, std::size_t rounds, Block block) {
  block = _mm_xor_si128(block, load(keys[0]));
  for (std::size_t round = 1; round < rounds; round++) block = _mm_aesenc_si128(block, load(keys[round]));
  return _mm_aesenclast_si128(block, load(keys[rounds]));
}

/// Counter blocks in a row, byte-reversed: the 32 bits that count are the lowest.
struct Counter {
  Blocks next;

  explicit Counter(Block first) {
    next = _mm512_add_epi32(_mm512_broadcast_i32x4(reversed(first)),
                            _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0));
  }
  Blocks take() {
    const Blocks blocks = reversed(next);
    next = _mm512_add_epi32(next, _mm512_set_epi32(0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4));
    return blocks;
  }
};

/// The next 256 bytes of the key stream.
template <std::size_t rounds>
inline void key_stream(RoundKeys keys, Counter &counter, Blocks stream[4]) {
  const Blocks first = round_key(keys, 0);
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) stream[i] = _mm512_xor_si512(counter.take(), first);
#pragma GCC unroll 14
  for (std::size_t round = 1; round < rounds; round++) {
    const Blocks key = round_key(keys, round);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) stream[i] = _mm512_aesenc_epi128(stream[i], key);
  }
  const Blocks last = round_key(keys, rounds);
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) stream[i] = _mm512_aesenclast_epi128(stream[i], last);
}

/// Bits of those of 64 bytes that are among the first `bytes`.
inline __mmask64 mask_of(std::size_t bytes) { return bytes >= 64 ? ~0ull : (1ull << bytes) - 1; }

/// XORs the key stream into up to 256 bytes; what was there and what is there now, zeros behind the end.
inline void mix(std::uint8_t *data, std::size_t bytes, const Blocks stream[4], Blocks before[4], Blocks after[4]) {
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; i++) {
    const __mmask64 mask = mask_of(bytes > 64 * i ? bytes - 64 * i : 0);
    before[i] = _mm512_maskz_loadu_epi8(mask, data + 64 * i);
    after[i] = _mm512_maskz_mov_epi8(mask, _mm512_xor_si512(before[i], stream[i]));
    _mm512_mask_storeu_epi8(data + 64 * i, mask, after[i]);
  }
}

/// The same for exactly 256.
inline void mix_all(std::uint8_t *data, const Blocks stream[4], Blocks before[4], Blocks after[4]) {
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; i++) {
    before[i] = _mm512_loadu_si512(data + 64 * i);
    after[i] = _mm512_xor_si512(before[i], stream[i]);
    _mm512_storeu_si512(data + 64 * i, after[i]);
  }
}

// The field of GCM with its bits reversed, as all do it: "Intel Carry-Less Multiplication Instruction and its Usage for
// Computing the GCM Mode". The hash key is kept times x, which makes up for the reversed product's missing bit.
inline Block field_polynomial() { return _mm_set_epi64x(static_cast<long long>(0xc200000000000000ull), 1); }

inline Block times_x(Block value) {
  const bool carry = (static_cast<std::uint64_t>(_mm_extract_epi64(value, 1)) >> 63) != 0;
  const Block low_carry = _mm_slli_si128(_mm_srli_epi64(value, 63), 8);
  const Block shifted = _mm_or_si128(_mm_slli_epi64(value, 1), low_carry);
  return carry ? _mm_xor_si128(shifted, field_polynomial()) : shifted;
}

inline Block reduce(Block low, Block middle, Block high) {
  const Block polynomial = field_polynomial();
  middle = _mm_xor_si128(middle, _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(polynomial, low, 0x01)));
  return _mm_xor_si128(high, _mm_xor_si128(_mm_shuffle_epi32(middle, 0x4e), _mm_clmulepi64_si128(polynomial, middle, 0x01)));
}

inline Block multiply(Block a, Block b) {
  const Block middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
  return reduce(_mm_clmulepi64_si128(a, b, 0x00), middle, _mm_clmulepi64_si128(a, b, 0x11));
}

inline Block folded(Blocks blocks) {
  const __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(blocks), _mm512_extracti64x4_epi64(blocks, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/// The hash over sixteen blocks, of which the first has what was hashed before XORed in.
inline Block hash_group(const std::uint8_t (*powers)[16], const Blocks blocks[4]) {
  Blocks low = _mm512_setzero_si512(), middle = low, high = low;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; i++) {
    const Blocks power = _mm512_load_si512(powers[4 * i]);
    low = _mm512_xor_si512(low, _mm512_clmulepi64_epi128(blocks[i], power, 0x00));
    high = _mm512_xor_si512(high, _mm512_clmulepi64_epi128(blocks[i], power, 0x11));
    middle = _mm512_ternarylogic_epi64(middle, _mm512_clmulepi64_epi128(blocks[i], power, 0x01),
                                       _mm512_clmulepi64_epi128(blocks[i], power, 0x10), 0x96);
  }
  return reduce(folded(low), folded(middle), folded(high));
}

inline Block hash_blocks(const std::uint8_t (*powers)[16], Block hash, const Blocks cipher[4]) {
  Blocks blocks[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) blocks[i] = reversed(cipher[i]);
  blocks[0] = _mm512_xor_si512(blocks[0], _mm512_zextsi128_si512(hash));
  return hash_group(powers, blocks);
}

/// The hash over the last blocks, fewer than sixteen, and that of the lengths: they lie at the end of a group of zeros.
inline Block hash_end(const std::uint8_t (*powers)[16], Block hash, const Blocks cipher[4], std::size_t count, Block lengths) {
  alignas(64) std::uint8_t group[2 * kGroup + 64] = {};
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; i++) _mm512_store_si512(group + kGroup + 64 * i, reversed(cipher[i]));
  store(group + kGroup + 16 * count, lengths);
  store(group + kGroup, _mm_xor_si128(load(group + kGroup), hash));
  Blocks blocks[4];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; i++) blocks[i] = _mm512_loadu_si512(group + 16 * (count + 1) + 64 * i);
  return hash_group(powers, blocks);
}

inline Block hash_aad(const std::uint8_t (*powers)[16], const std::uint8_t *aad, std::size_t bytes) {
  const Block key = load(powers[VaesKey::kPowers - 1]);
  Block hash = _mm_setzero_si128();
  for (; bytes > 0; aad += 16) {
    const std::size_t part = std::min<std::size_t>(bytes, 16);
    const Block block = _mm_maskz_loadu_epi8(static_cast<__mmask16>((1u << part) - 1), aad);
    hash = multiply(_mm_xor_si128(hash, reversed(block)), key);
    bytes -= part;
  }
  return hash;
}

struct GcmMessage {
  const std::uint8_t *aad;
  std::size_t aad_bytes;
  std::uint8_t *data;
  std::size_t bytes;
};

template <std::size_t rounds, bool seals>
void gcm(RoundKeys keys, const std::uint8_t (*powers)[16], const std::uint8_t *nonce, const GcmMessage &message, std::uint8_t *tag) {
  const Block first = _mm_insert_epi32(_mm_maskz_loadu_epi8(0xfff, nonce), 0x01000000, 3);
  const Block mask = encrypt(keys, rounds, first);
  Counter counter(_mm_insert_epi32(first, 0x02000000, 3));
  Block hash = hash_aad(powers, message.aad, message.aad_bytes);
  std::uint8_t *data = message.data;
  std::size_t left = message.bytes;
  Blocks stream[4], before[4] = {}, after[4] = {};
  for (; left >= kGroup; left -= kGroup, data += kGroup) {
    key_stream<rounds>(keys, counter, stream);
    mix_all(data, stream, before, after);
    hash = hash_blocks(powers, hash, seals ? after : before);
  }
  const Block lengths = _mm_set_epi64x(static_cast<long long>(8 * message.aad_bytes), static_cast<long long>(8 * message.bytes));
  std::size_t count = (left + 15) / 16;
  if (left > 0) key_stream<rounds>(keys, counter, stream);
  else for (Blocks &blocks : stream) blocks = _mm512_setzero_si512();
  mix(data, left, stream, before, after);
  Blocks none[4] = {};
  const Blocks *end = seals ? after : before;
  if (count == VaesKey::kPowers) {
    hash = hash_blocks(powers, hash, end);
    end = none;
    count = 0;
  }
  hash = hash_end(powers, hash, end, count, lengths);
  store(tag, _mm_xor_si128(reversed(hash), mask));
}

template <std::size_t rounds>
void xor_stream(RoundKeys keys, const std::uint8_t *iv, std::uint8_t *data, std::size_t left) {
  Counter counter(load(iv));
  Blocks stream[4], before[4], after[4];
  for (; left >= kGroup; left -= kGroup, data += kGroup) {
    key_stream<rounds>(keys, counter, stream);
    mix_all(data, stream, before, after);
  }
  if (left == 0) return;
  key_stream<rounds>(keys, counter, stream);
  mix(data, left, stream, before, after);
}

}  // namespace

VaesKey::VaesKey(const std::uint8_t *key, std::size_t bytes) : rounds_(bytes / 4 + 6) {
  expand(key, bytes, round_keys_[0]);
  const Block hash_key = times_x(reversed(encrypt(round_keys_, rounds_, _mm_setzero_si128())));
  Block power = hash_key;
  for (std::size_t i = kPowers; i-- > 0; power = multiply(power, hash_key)) store(powers_[i], power);
}

void VaesKey::counter_mode(const std::uint8_t *iv, std::uint8_t *data, std::size_t bytes) const {
  if (rounds_ == 10) return xor_stream<10>(round_keys_, iv, data, bytes);
  if (rounds_ == 12) return xor_stream<12>(round_keys_, iv, data, bytes);
  xor_stream<14>(round_keys_, iv, data, bytes);
}

void VaesKey::seal(const std::uint8_t *nonce, const std::uint8_t *aad, std::size_t aad_bytes, std::uint8_t *data,
                   std::size_t bytes, std::uint8_t *tag) const {
  const GcmMessage message = {aad, aad_bytes, data, bytes};
  if (rounds_ == 10) return gcm<10, true>(round_keys_, powers_, nonce, message, tag);
  gcm<14, true>(round_keys_, powers_, nonce, message, tag);
}

void VaesKey::open(const std::uint8_t *nonce, const std::uint8_t *aad, std::size_t aad_bytes, std::uint8_t *data,
                   std::size_t bytes, std::uint8_t *tag) const {
  const GcmMessage message = {aad, aad_bytes, data, bytes};
  if (rounds_ == 10) return gcm<10, false>(round_keys_, powers_, nonce, message, tag);
  gcm<14, false>(round_keys_, powers_, nonce, message, tag);
}

VaesKey::~VaesKey() {
  wipe(round_keys_, sizeof round_keys_);
  wipe(powers_, sizeof powers_);
}

}  // namespace framelane
#pragma GCC pop_options

namespace framelane {

bool has_vaes() {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("vaes") && __builtin_cpu_supports("bmi2");
}

}  // namespace framelane

#else

namespace framelane {

bool has_vaes() { return false; }
// Never made where has_vaes() is false.
VaesKey::VaesKey(const std::uint8_t *, std::size_t bytes) : rounds_(bytes / 4 + 6) {}
VaesKey::~VaesKey() = default;
void VaesKey::counter_mode(const std::uint8_t *, std::uint8_t *, std::size_t) const {}
void VaesKey::seal(const std::uint8_t *, const std::uint8_t *, std::size_t, std::uint8_t *, std::size_t, std::uint8_t *) const {}
void VaesKey::open(const std::uint8_t *, const std::uint8_t *, std::size_t, std::uint8_t *, std::size_t, std::uint8_t *) const {}

}  // namespace framelane
#endif
