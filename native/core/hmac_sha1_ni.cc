#include "hmac_sha1.h"

#include <algorithm>
#include <cstring>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("sha,sse4.1,ssse3")

namespace framelane {
namespace {

constexpr std::size_t kBlock = 64;
// Messages at a time. Each round waits six cycles for the one before; four fill them.
constexpr std::size_t kLanes = 4;

using Vector = __m128i;

template <std::size_t lanes>
struct Hashes {
  Vector abcd[lanes], e[lanes], saved_abcd[lanes], saved_e[lanes], words[lanes][4];

  // Rounds 4 * group to 4 * group + 3 (FIPS 180-4 section 6.1.2).
  template <std::size_t group>
  inline __attribute__((always_inline)) void rounds() {
    constexpr std::size_t now = group & 3;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < lanes; i++) {
      Vector *w = words[i];
      if constexpr (group >= 4) {
        const Vector mixed = _mm_xor_si128(_mm_sha1msg1_epu32(w[now], w[(now + 1) & 3]), w[(now + 2) & 3]);
        w[now] = _mm_sha1msg2_epu32(mixed, w[(now + 3) & 3]);
      }
      const Vector input = group == 0 ? _mm_add_epi32(e[i], w[now]) : _mm_sha1nexte_epu32(e[i], w[now]);
      e[i] = abcd[i];
      abcd[i] = _mm_sha1rnds4_epu32(abcd[i], input, group / 5);
    }
  }
  template <std::size_t... groups>
  inline __attribute__((always_inline)) void all_rounds(std::index_sequence<groups...>) {
    (rounds<groups>(), ...);
  }
};

/// Absorbs `blocks` blocks of each message; data go on behind them.
template <std::size_t lanes>
void absorb(std::uint32_t (*states)[5], const std::uint8_t **data, std::size_t blocks) {
  const Vector order = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  Hashes<lanes> h;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < lanes; i++) {
    h.abcd[i] = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const Vector *>(states[i])), 0x1b);
    h.e[i] = _mm_set_epi32(static_cast<int>(states[i][4]), 0, 0, 0);
  }
  for (std::size_t block = 0; block < blocks; block++) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < lanes; i++) {
      h.saved_abcd[i] = h.abcd[i];
      h.saved_e[i] = h.e[i];
      const auto *words = reinterpret_cast<const Vector *>(data[i] + kBlock * block);
#pragma GCC unroll 4
      for (std::size_t w = 0; w < 4; w++) h.words[i][w] = _mm_shuffle_epi8(_mm_loadu_si128(words + w), order);
    }
    h.all_rounds(std::make_index_sequence<20>());
#pragma GCC unroll 4
    for (std::size_t i = 0; i < lanes; i++) {
      h.e[i] = _mm_sha1nexte_epu32(h.e[i], h.saved_e[i]);
      h.abcd[i] = _mm_add_epi32(h.abcd[i], h.saved_abcd[i]);
    }
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < lanes; i++) {
    _mm_storeu_si128(reinterpret_cast<Vector *>(states[i]), _mm_shuffle_epi32(h.abcd[i], 0x1b));
    states[i][4] = static_cast<std::uint32_t>(_mm_extract_epi32(h.e[i], 3));
    data[i] += kBlock * blocks;
  }
}

void put32(std::uint8_t *to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}

/// The message's last bytes, the extra word and the padding: one block or two. `before`: bytes hashed before the message.
std::size_t finish(const std::uint8_t *rest, std::size_t bytes, std::uint32_t extra, std::size_t all, std::uint8_t *to) {
  std::memcpy(to, rest, bytes);
  put32(to + bytes, extra);
  to[bytes + 4] = 0x80;
  const std::size_t blocks = bytes + 4 + 1 + 8 > kBlock ? 2 : 1;
  std::memset(to + bytes + 5, 0, kBlock * blocks - 4 - bytes - 5);
  put32(to + kBlock * blocks - 4, static_cast<std::uint32_t>(8 * all));
  return blocks;
}

void digest_of(const std::uint32_t *state, std::uint8_t *to) {
  for (std::size_t i = 0; i < 5; i++) put32(to + 4 * i, state[i]);
}

/// Absorbs different numbers of blocks: together what all have, then each its own.
template <std::size_t lanes>
void absorb_each(std::uint32_t (*states)[5], const std::uint8_t **data, const std::size_t *blocks) {
  const std::size_t common = *std::min_element(blocks, blocks + lanes);
  absorb<lanes>(states, data, common);
  for (std::size_t i = 0; i < lanes; i++) {
    if (blocks[i] > common) absorb<1>(states + i, data + i, blocks[i] - common);
  }
}

template <std::size_t lanes>
void hmac(const HmacKey &key, HashJob *jobs) {
  std::uint32_t states[lanes][5];
  std::uint8_t ends[lanes][2 * kBlock];
  const std::uint8_t *data[lanes];
  std::size_t blocks[lanes], end_blocks[lanes];
  for (std::size_t i = 0; i < lanes; i++) {
    const HashJob &job = jobs[i];
    std::memcpy(states[i], key.inner, sizeof key.inner);
    data[i] = job.data;
    blocks[i] = job.bytes / kBlock;
    end_blocks[i] = finish(job.data + kBlock * blocks[i], job.bytes % kBlock, job.extra, kBlock + job.bytes + 4, ends[i]);
  }
  absorb_each<lanes>(states, data, blocks);
  for (std::size_t i = 0; i < lanes; i++) data[i] = ends[i];
  absorb_each<lanes>(states, data, end_blocks);
  for (std::size_t i = 0; i < lanes; i++) {
    digest_of(states[i], jobs[i].digest);
    // 20 bytes of digest: the last four stand where finish() expects a word.
    finish(jobs[i].digest, 16, states[i][4], kBlock + 20, ends[i]);
    std::memcpy(states[i], key.outer, sizeof key.outer);
    data[i] = ends[i];
  }
  absorb<lanes>(states, data, 1);
  for (std::size_t i = 0; i < lanes; i++) digest_of(states[i], jobs[i].digest);
}

}  // namespace

void hmac_sha1_ni(const HmacKey &key, HashJob *jobs, std::size_t count) {
  for (; count >= kLanes; count -= kLanes, jobs += kLanes) hmac<kLanes>(key, jobs);
  if (count >= 2) {
    hmac<2>(key, jobs);
    count -= 2;
    jobs += 2;
  }
  if (count == 1) hmac<1>(key, jobs);
}

}  // namespace framelane
#pragma GCC pop_options

#include <cpuid.h>

namespace framelane {

bool has_sha_ni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0 && __builtin_cpu_supports("sse4.1");
}

}  // namespace framelane

#else

namespace framelane {

bool has_sha_ni() { return false; }
void hmac_sha1_ni(const HmacKey &key, HashJob *jobs, std::size_t count) { hmac_sha1_openssl(key, jobs, count); }

}  // namespace framelane
#endif
