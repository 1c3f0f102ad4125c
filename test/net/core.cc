// The C++ of the socket without Node: packet transforms on every path, and plans of random words.
#include <poll.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "udp.h"

using namespace framelane;

namespace {

[[noreturn]] void fail(const char *what, int line) {
  std::fprintf(stderr, "core.cc:%d: %s\n", line, what);
  std::exit(1);
}
#define CHECK(condition) ((condition) ? void() : fail(#condition, __LINE__))

using Packets = std::vector<std::string>;

/// Inverts each byte behind the RTP header and adds a tag made of the sequence number.
class Inverter : public PacketTransform {
 public:
  std::size_t largest_batch = 0;
  std::size_t refuse_after = SIZE_MAX;

  std::size_t growth() const override { return 10; }
  bool transform(const StagedPacket *packets, std::size_t count) override {
    largest_batch = std::max(largest_batch, count);
    if (count > refuse_after) return false;
    for (std::size_t i = 0; i < count; i++) {
      const StagedPacket &packet = packets[i];
      CHECK(packet.capacity == packet.bytes + growth());
      for (std::size_t at = 12; at < packet.bytes; at++) packet.data[at] ^= 0xff;
      std::memset(packet.data + packet.bytes, packet.data[3], growth());
    }
    return true;
  }
};

/// Two sockets on loopback, connected.
struct Pair {
  double counters[2][kUdpCounters] = {};
  UdpSocket from{4, counters[0]}, to{4, counters[1]};

  explicit Pair(UdpPath path) {
    std::uint32_t address[kAddressWords];
    CHECK(parse_address("127.0.0.1", address));
    CHECK(to.bind(address) == 0 && to.local_address(address) == 0);
    CHECK(from.connect(address) == 0 && to.set(kGro, 1) == 0);
    CHECK(to.set(kReceiveBuffer, 4 << 20) == 0);
    CHECK(from.set(kPathToUse, path) == 0);
  }

  Packets receive(std::size_t count) {
    static std::vector<std::uint8_t> slab(16 << 16);
    std::uint32_t table[16 * kRowWords];
    Packets packets;
    while (packets.size() < count) {
      pollfd ready = {to.descriptor(), POLLIN, 0};
      CHECK(poll(&ready, 1, 2000) == 1);
      const int rows = to.receive(slab.data(), 1 << 16, table, 16);
      CHECK(rows > 0);
      for (const std::uint32_t *row = table; row != table + rows * kRowWords; row += kRowWords) {
        for (std::uint32_t at = 0; at < row[1]; at += row[2]) {
          packets.emplace_back(reinterpret_cast<char *>(slab.data()) + row[0] + at, std::min(row[2], row[1] - at));
        }
      }
    }
    return packets;
  }
};

/// A packet of two pieces, then 100 fragments.
struct Video {
  std::vector<std::uint8_t> data = std::vector<std::uint8_t>(100'000), headers = std::vector<std::uint8_t>(24);
  std::vector<std::uint32_t> words;

  Video() {
    for (std::size_t i = 0; i < data.size(); i++) data[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8));
    headers[3] = headers[12 + 3] = 200;
    words = {1, 0, 12, 2, 50, 30, 500, 70};
    words.insert(words.end(), {2, 100, 1000, 12, 12, 900, 12, 12, 900, 12, 12, 350});
  }
  SendPlan plan() const { return {headers.data(), headers.size(), words.data(), words.size(), data.data(), data.size()}; }

  Packets inverted() const {
    Packets packets;
    const SendPlan whole = plan();
    for (PlanCursor cursor(whole); !cursor.at_end(); cursor.advance()) {
      std::string packet(cursor.bytes(), '\0');
      cursor.copy(reinterpret_cast<std::uint8_t *>(packet.data()));
      for (std::size_t at = 12; at < packet.size(); at++) packet[at] = static_cast<char>(packet[at] ^ 0xff);
      packets.push_back(packet + std::string(10, packet[3]));
    }
    return packets;
  }
};

void transforms_on(UdpPath path) {
  Pair pair(path);
  Video video;
  Inverter inverter;
  const Packets expected = video.inverted();
  CHECK(expected.size() == 101);
  CHECK(pair.from.send(video.plan(), 0, UINT32_MAX, nullptr, &inverter) == 101);
  CHECK(pair.receive(101) == expected);
  CHECK(inverter.largest_batch > 40);  // many at a time
  CHECK((pair.counters[0][kSentTrains] > 0) == (path == kSendTrains));
  // A part of the plan, by number.
  CHECK(pair.from.send(video.plan(), 37, 5, nullptr, &inverter) == 5);
  CHECK(pair.receive(5) == Packets(expected.begin() + 37, expected.begin() + 42));
  // A transform that refuses stops the plan.
  inverter.refuse_after = 0;
  CHECK(pair.from.send(video.plan(), 0, UINT32_MAX, nullptr, &inverter) == 0);
  CHECK(pair.counters[0][kSendStopped] == ECANCELED);
}

/// A packet that leaves no room for the tag is an error, not an endless loop.
void too_large_to_grow() {
  Pair pair(kSendTrains);
  Inverter inverter;
  std::vector<std::uint8_t> data(65'495), headers(12);
  const std::uint32_t words[] = {1, 0, 12, 1, 0, 65'495};
  const SendPlan plan = {headers.data(), 12, words, 6, data.data(), data.size()};
  CHECK(pair.from.send(plan, 0, 1, nullptr, &inverter) == 0);
  CHECK(pair.counters[0][kSendStopped] == EMSGSIZE);
}

/// Random words: whatever they say, nothing outside of the memory is touched (the address sanitizer looks on), and
/// seeking arrives where walking does.
void random_plans(unsigned rounds) {
  std::mt19937 random(7);
  auto pick = [&](std::uint32_t below) { return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random); };
  for (unsigned round = 0; round < rounds; round++) {
    const std::unique_ptr<std::uint8_t[]> headers(new std::uint8_t[64]()), data(new std::uint8_t[3000]());
    const std::size_t count = pick(40);
    const std::unique_ptr<std::uint32_t[]> words(new std::uint32_t[count]);
    const std::uint32_t scales[] = {3, 14, 64, 3000, 0xffffffff};
    for (std::size_t i = 0; i < count; i++) words[i] = pick(8) == 0 ? 0x80000000 + pick(64) : pick(scales[pick(5)]);
    const SendPlan plan = {headers.get(), 64, words.get(), count, data.get(), 3000};
    std::vector<std::uint8_t> packet(kMaxPacketBytes);
    std::vector<iovec> parts;
    std::uint32_t number = 0;
    for (PlanCursor cursor(plan); !cursor.at_end() && number < 200; cursor.advance(), number++) {
      cursor.copy(packet.data());
      parts.resize(cursor.parts());
      cursor.gather(parts.data(), packet.data());
      PlanCursor other(plan);
      other.seek(number);
      CHECK(!other.at_end() && other.bytes() == cursor.bytes() && other.parts() == cursor.parts());
    }
    PlanCursor far(plan);
    far.seek(pick(0xffffffff));
  }
}

}  // namespace

int main() {
  for (UdpPath path : {kSendTrains, kSendMany, kSendOne}) transforms_on(path);
  too_large_to_grow();
  random_plans(200'000);
}
