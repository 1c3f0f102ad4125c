// The ciphers without Node: every length at the end of its memory, the fast ways against OpenSSL, under the sanitizers.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "packet_cipher.h"
#include "plan_sealer.h"
#include "srtp_transform.h"

using namespace framelane;

namespace {

[[noreturn]] void fail(const char *what, int line) {
  std::fprintf(stderr, "core.cc:%d: %s\n", line, what);
  std::exit(1);
}
#define CHECK(condition) ((condition) ? void() : fail(#condition, __LINE__))

std::mt19937 random32(1);

/// A packet in memory of exactly its size, so that a byte beyond is seen.
struct Packet {
  std::size_t bytes, tag_bytes;
  std::unique_ptr<std::uint8_t[]> memory;

  Packet(std::size_t size, std::size_t tag) : bytes(size), tag_bytes(tag), memory(new std::uint8_t[size + tag]) {
    for (std::size_t i = 0; i < size + tag; i++) memory[i] = static_cast<std::uint8_t>(random32());
    if (size > 0) memory[0] = 0x80;
  }
  Packet(const Packet &other) : bytes(other.bytes), tag_bytes(other.tag_bytes), memory(new std::uint8_t[bytes + tag_bytes]) {
    std::memcpy(memory.get(), other.memory.get(), bytes + tag_bytes);
  }
  bool equals(const Packet &other, std::size_t count) const { return std::memcmp(memory.get(), other.memory.get(), count) == 0; }
  CipherJob job(std::uint64_t index) const {
    const std::size_t clear = bytes < 12 ? bytes : 12;
    return {memory.get(), bytes, clear, memory.get() + bytes, 0xdeadbeef, index, static_cast<std::uint32_t>(index >> 16), false};
  }
};

std::vector<CipherJob> jobs_of(const std::vector<Packet> &packets) {
  std::vector<CipherJob> jobs;
  for (std::size_t i = 0; i < packets.size(); i++) jobs.push_back(packets[i].job(0xfffffff0 + i));
  return jobs;
}

void compare(const SessionKeys &keys) {
  const auto fast = make_packet_cipher(keys, CryptoKernel::fastest), slow = make_packet_cipher(keys, CryptoKernel::openssl);
  CHECK(fast != nullptr && slow != nullptr);
  for (std::size_t size = 0; size < 300; size++) {
    std::vector<Packet> plain;
    for (std::size_t i = 0; i < 1 + size % 6; i++) plain.emplace_back(i % 2 == 0 ? size : 3 * size % 1500, keys.tag_bytes);
    const std::vector<Packet> one = plain, other = plain;
    auto jobs = jobs_of(one), slow_jobs = jobs_of(other);
    fast->seal(jobs.data(), jobs.size());
    slow->seal(slow_jobs.data(), slow_jobs.size());
    for (std::size_t i = 0; i < plain.size(); i++) CHECK(one[i].equals(other[i], one[i].bytes + keys.tag_bytes));
    one[0].memory[(size * 31) % (one[0].bytes + keys.tag_bytes)] ^= 4;
    const std::vector<Packet> before = one;
    fast->open(jobs.data(), jobs.size());
    CHECK(!jobs[0].authentic && one[0].equals(before[0], one[0].bytes + keys.tag_bytes));
    for (std::size_t i = 1; i < plain.size(); i++) CHECK(jobs[i].authentic && one[i].equals(plain[i], one[i].bytes));
  }
}

void transform(const SessionKeys &keys) {
  auto holder = std::make_shared<CipherHolder>(
      CipherHolder{make_packet_cipher(keys, CryptoKernel::fastest), make_parts_cipher(keys), keys.cipher, keys.tag_bytes});
  double index = 65530;
  SrtpTransform transform(holder, "mki", &index);
  const std::size_t growth = transform.growth();
  CHECK(growth == keys.tag_bytes + 3);
  std::vector<Packet> packets;
  std::vector<StagedPacket> staged;
  for (std::size_t i = 0; i < 200; i++) {
    Packet packet(12 + 7 * i, growth);
    packet.memory[2] = static_cast<std::uint8_t>((65530 + i) >> 8);
    packet.memory[3] = static_cast<std::uint8_t>(65530 + i);
    packets.push_back(packet);
  }
  const std::vector<Packet> again = packets;
  for (const Packet &packet : packets) staged.push_back({packet.memory.get(), packet.bytes, packet.bytes + growth});
  CHECK(transform.transform(staged.data(), staged.size()));
  CHECK(index == 65530 + 199);
  // The kernel had no room for the last ten: they come again, and the same comes out.
  index = 65530 + 190;
  for (std::size_t i = 190; i < 200; i++) staged[i].data = again[i].memory.get();
  CHECK(transform.transform(staged.data() + 190, 10));
  for (std::size_t i = 190; i < 200; i++) CHECK(packets[i].equals(again[i], packets[i].bytes + growth));
  const StagedPacket runt = {packets[0].memory.get(), 11, 11 + growth};
  CHECK(!transform.transform(&runt, 1));
  holder->cipher.reset();
  CHECK(!transform.transform(staged.data(), staged.size()));
}

/// Plans of random words: nothing outside of the memory is touched, and nothing is changed unless all is.
void random_plans(const SessionKeys &keys) {
  const auto cipher = make_parts_cipher(keys);
  int sealed = 0;
  for (int round = 0; round < 6000; round++) {
    std::vector<std::uint8_t> data(random32() % 300), headers(random32() % 60), out_headers(random32() % 2000);
    std::vector<std::uint32_t> words(random32() % 20), out_words(random32() % 200);
    for (auto &word : words) word = random32() % 3 == 0 ? random32() % 4 : random32() % 30 == 0 ? random32() : random32() % 40;
    // Headers of RTP, or a bit less: those are not sealed.
    if (words.size() > 2 && round % 2 == 0) words[2] = 8 + random32() % 8;
    const SendPlan plan = {headers.data(), headers.size(), words.data(), words.size(), data.data(), data.size()};
    SealedPlan out = {out_headers.data(), out_headers.size(), out_words.data(), out_words.size(), 0, 0};
    const auto before = data;
    if (seal_plan(*cipher, plan, data.data(), 0, 5, out) == SealResult::sealed) sealed++;
    else CHECK(data == before);
  }
  CHECK(sealed > 0);
}

}  // namespace

int main() {
  std::uint8_t key[32], salt[14], authentication[20];
  for (auto &byte : key) byte = static_cast<std::uint8_t>(random32());
  for (auto &byte : salt) byte = static_cast<std::uint8_t>(random32());
  for (auto &byte : authentication) byte = static_cast<std::uint8_t>(random32());
  for (std::size_t bytes : {16, 24, 32}) {
    for (std::size_t tag : {4, 10}) {
      const SessionKeys keys = {SrtpCipher::counter_mode, false, key, bytes, salt, 14, authentication, tag};
      compare(keys);
      transform(keys);
      random_plans(keys);
    }
    if (bytes == 24) continue;
    for (bool control : {false, true}) {
      const SessionKeys keys = {SrtpCipher::gcm, control, key, bytes, salt, 12, nullptr, 16};
      compare(keys);
      if (control) continue;
      transform(keys);
      random_plans(keys);
    }
  }
  return 0;
}
