// Every kernel of native/core/scan against a loop that anybody can read, on memory that ends where it must not be left.
// usage: kernels (prints the names of kernels and checks) | kernels KERNEL CHECK EFFORT
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "scan.h"

namespace {

using framelane::kNoOpenUnit;
using framelane::ScanKernel;
using framelane::ScanRange;
using Pairs = std::vector<std::uint32_t>;

const char *const kKernels[] = {"portable", "sse2", "avx2", "avx512", "neon"};
constexpr std::size_t kPage = 4096, kPadding = 516;

[[noreturn]] void fail(const std::string &what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// The oracle.
Pairs naive(const ScanRange &range, std::size_t capacity) {
  Pairs pairs;
  std::size_t open = range.open;
  const auto put = [&](std::size_t end) {
    pairs.push_back(static_cast<std::uint32_t>(open));
    pairs.push_back(static_cast<std::uint32_t>(end - open));
  };
  const std::uint8_t *d = range.data;
  for (std::size_t at = range.from; at + 3 <= range.size; at++) {
    if (d[at] != 0 || d[at + 1] != 0 || d[at + 2] != 1) continue;
    std::size_t end = at;
    while (open != kNoOpenUnit && end > open && d[end - 1] == 0) end--;
    if (open != kNoOpenUnit && end > open) put(end);
    if (pairs.size() == 2 * capacity) return pairs;
    open = at + 3;
  }
  if (open != kNoOpenUnit) put(range.size);
  return pairs;
}

Pairs found_by_kernel(const ScanRange &range, std::size_t capacity) {
  Pairs pairs(2 * capacity + 1, 0xabababab);
  const std::size_t count = framelane::find_nal_units(range, pairs.data(), capacity);
  if (count > capacity || pairs.back() != 0xabababab) fail("wrote more than there is room for");
  pairs.resize(2 * count);
  return pairs;
}

void compare(const ScanRange &range, std::size_t capacity, const Pairs &wanted) {
  if (found_by_kernel(range, capacity) == wanted) return;
  std::string bytes;
  for (std::size_t i = 0; i < std::min<std::size_t>(range.size, 200); i++) bytes += " " + std::to_string(range.data[i]);
  fail("differs: size " + std::to_string(range.size) + " from " + std::to_string(range.from) + " open " +
       std::to_string(static_cast<long long>(range.open)) + " capacity " + std::to_string(capacity) + ":" + bytes);
}

// Pages between two that nobody may touch.
class Guarded {
 public:
  explicit Guarded(std::size_t pages) : bytes_(pages * kPage) {
    void *all = mmap(nullptr, bytes_ + 2 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) fail("mmap");
    begin_ = static_cast<std::uint8_t *>(all) + kPage;
  }
  Guarded(const Guarded &) = delete;
  ~Guarded() { munmap(begin_ - kPage, bytes_ + 2 * kPage); }
  // Lets `write` change the memory, which is read-only otherwise.
  void change(const std::function<void()> &write) {
    mprotect(begin_, bytes_, PROT_READ | PROT_WRITE);
    write();
    mprotect(begin_, bytes_, PROT_READ);
  }
  std::uint8_t *begin() const { return begin_; }
  std::uint8_t *end() const { return begin_ + bytes_; }

 private:
  std::size_t bytes_;
  std::uint8_t *begin_;
};

std::uint32_t random_below(std::uint32_t limit) {
  static std::uint64_t state = 88172645463325252ull;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return static_cast<std::uint32_t>((state >> 20) % limit);
}

void put_start_code(std::uint8_t *at) {
  at[0] = at[1] = 0;
  at[2] = 1;
}

// 0 to 515 bytes before and behind a start code, on the first byte and the last byte of pages.
void every_padding(int effort) {
  Guarded memory(1);
  const auto check = [&](const std::uint8_t *data, std::size_t before, std::size_t after) {
    const ScanRange range{data, before + 3 + after, 0, kNoOpenUnit};
    compare(range, 2, {static_cast<std::uint32_t>(before + 3), static_cast<std::uint32_t>(after)});
  };
  const std::size_t step = effort < 100 ? 7 : 1;
  for (const int filler : {0xff, 0x01}) {
    for (std::size_t fixed = 0; fixed < kPadding; fixed += step) {
      memory.change([&] {
        std::memset(memory.begin(), filler, kPage);
        put_start_code(memory.begin() + fixed);
        put_start_code(memory.end() - fixed - 3);
      });
      for (std::size_t other = 0; other < kPadding; other++) {
        check(memory.begin(), fixed, other);
        check(memory.end() - fixed - 3 - other, other, fixed);
      }
    }
  }
}

// Bytes of which many are 0 and 1, any length and alignment, any range, little room: up to both guard pages.
void random_bytes(int effort) {
  Guarded memory(1);
  for (int round = 0; round < 40 * effort; round++) {
    const std::uint32_t kinds = 2 + random_below(6);
    memory.change([&] {
      for (std::uint8_t *p = memory.begin(); p != memory.end(); p++) {
        const std::uint32_t kind = random_below(kinds);
        *p = kind < 3 ? static_cast<std::uint8_t>(std::min(kind, 1u)) : static_cast<std::uint8_t>(random_below(256));
      }
    });
    for (int view = 0; view < 50; view++) {
      const std::size_t size = random_below(random_below(2) == 0 ? 80 : 1200);
      const std::uint8_t *data = random_below(4) == 0 ? memory.begin() : memory.end() - size;
      const std::size_t from = random_below(2) == 0 ? 0 : random_below(static_cast<std::uint32_t>(size) + 1);
      const std::size_t open = random_below(2) == 0 ? kNoOpenUnit : random_below(static_cast<std::uint32_t>(from) + 1);
      const ScanRange range{data, size, from, open};
      const std::size_t capacity = random_below(4) == 0 ? 1 + random_below(4) : 500;
      compare(range, capacity, naive(range, capacity));
    }
  }
}

// Memory of exactly the right length, as a sanitizer watches it.
void exact_allocations(int effort) {
  for (std::size_t size = 0; size < 700; size += effort < 100 ? 3 : 1) {
    std::vector<std::uint8_t> bytes(size);
    for (std::uint8_t &byte : bytes) byte = static_cast<std::uint8_t>(random_below(3));
    bytes.shrink_to_fit();
    for (std::size_t from = 0; from <= size; from += 13) {
      const ScanRange range{bytes.data(), size, from, kNoOpenUnit};
      compare(range, 500, naive(range, 500));
    }
  }
}

// One pattern over and over.
std::vector<std::uint8_t> repeated(std::size_t bytes, std::initializer_list<std::uint8_t> pattern) {
  std::vector<std::uint8_t> all(bytes);
  for (std::size_t i = 0; i < bytes; i++) all[i] = pattern.begin()[i % pattern.size()];
  return all;
}

// What makes every test of a vector suspicious.
std::vector<std::vector<std::uint8_t>> adversarial(std::size_t bytes) {
  std::vector<std::vector<std::uint8_t>> all = {
      repeated(bytes, {0}),          repeated(bytes, {0, 1}),          repeated(bytes, {1, 0}),
      repeated(bytes, {0, 0, 1}),    repeated(bytes, {0, 0, 0, 1}),    repeated(bytes, {0, 0, 3}),
      repeated(bytes, {0, 0, 1, 9}), repeated(bytes, {0, 0, 2, 0, 1}), repeated(bytes, {1})};
  for (std::size_t run = 5; run < bytes; run *= 9) {  // zeros between start codes
    auto runs = repeated(bytes, {0});
    for (std::size_t at = run; at < bytes; at += run) runs[at] = 1;
    all.push_back(runs);
  }
  return all;
}

void adversarial_bytes(int effort) {
  for (std::size_t bytes = 0; bytes < 1500; bytes += effort < 100 ? 97 : 11) {
    for (const auto &data : adversarial(bytes)) {
      for (const std::size_t open : {kNoOpenUnit, std::size_t{0}}) {
        const ScanRange range{data.data(), bytes, 0, open};
        compare(range, bytes + 1, naive(range, bytes + 1));
      }
    }
  }
}

double seconds(const std::function<void()> &work) {
  timespec before, after;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  work();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  return static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
}

// The worst bytes cost no more than the plain loop that fills the same table.
void adversarial_speed(int) {
  constexpr std::size_t kBytes = 4 << 20;
  Pairs pairs(kBytes);
  std::size_t index = 0;
  for (const auto &data : adversarial(kBytes)) {
    const ScanRange range{data.data(), kBytes, 0, 0};
    double ours = 1e9, plain = 1e9;  // the best of some turns: other programs only ever cost time
    for (int turn = 0; turn < 5; turn++) {
      ours = std::min(ours, seconds([&] { framelane::find_nal_units(range, pairs.data(), kBytes / 2); }));
      plain = std::min(plain, seconds([&] { naive(range, kBytes / 2); }));
    }
    std::printf("pattern %zu: %.2f of the plain loop\n", index, ours / plain);
    if (ours > 1.2 * plain) fail("slower than a byte loop: pattern " + std::to_string(index));
    index++;
  }
}

struct Check {
  const char *name;
  void (*run)(int effort);
};
const Check kChecks[] = {{"every-padding", every_padding},
                         {"random-bytes", random_bytes},
                         {"exact-allocations", exact_allocations},
                         {"adversarial-bytes", adversarial_bytes},
                         {"adversarial-speed", adversarial_speed}};

int names() {
  for (int i = 0; i < 5; i++) {
    if (framelane::use_scan_kernel(static_cast<ScanKernel>(i))) std::printf("kernel %s\n", kKernels[i]);
  }
  for (const Check &check : kChecks) std::printf("check %s\n", check.name);
  return 0;
}

}  // namespace

int main(int count, char **words) {
  if (count < 4) return names();
  const auto kernel = std::find(kKernels, kKernels + 5, std::string(words[1]));
  if (!framelane::use_scan_kernel(static_cast<ScanKernel>(kernel - kKernels))) fail("no such kernel here");
  for (const Check &check : kChecks) {
    if (std::strcmp(check.name, words[2]) == 0) return check.run(std::atoi(words[3])), 0;
  }
  fail("no such check");
}
