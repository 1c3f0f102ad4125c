#include "sigbus_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace framelane {
namespace {

// Fixed and lock-free to read: the handler may run on any thread at any time.
struct Range {
  std::atomic<std::uintptr_t> base{0};
  std::atomic<std::size_t> bytes{0};
  std::atomic<bool> tripped{false};
};

constexpr int kRanges = 4096;
Range ranges[kRanges];
std::mutex changes;
struct sigaction previous;
std::uintptr_t page_bytes = 4096;

Range *range_of(std::uintptr_t address) {
  for (auto &range : ranges) {
    std::uintptr_t base = range.base.load(std::memory_order_acquire);
    if (base != 0 && address >= base && address - base < range.bytes.load(std::memory_order_relaxed)) return &range;
  }
  return nullptr;
}

// Not ours: let the handler that was there before us have it, or die of it as without us.
void pass_on(int signal, siginfo_t *info, void *context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    ::signal(SIGBUS, SIG_DFL);  // the access is repeated on return, and ends the process
  }
}

void on_sigbus(int signal, siginfo_t *info, void *context) {
  auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  Range *range = range_of(address);
  if (range == nullptr) return pass_on(signal, info, context);
  std::uintptr_t end = range->base.load() + range->bytes.load();
  std::uintptr_t from = address & ~(page_bytes - 1);
  void *page = mmap(reinterpret_cast<void *>(from), end - from, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  if (page == MAP_FAILED) return pass_on(signal, info, context);
  range->tripped.store(true, std::memory_order_release);
}

void install() {
  page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action = {};
  action.sa_sigaction = on_sigbus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

}  // namespace

bool guard_range(void *base, std::size_t bytes) {
  static std::once_flag once;
  std::call_once(once, install);
  std::lock_guard lock(changes);
  for (auto &range : ranges) {
    if (range.base.load() != 0) continue;
    range.bytes.store(bytes);
    range.tripped.store(false);
    range.base.store(reinterpret_cast<std::uintptr_t>(base), std::memory_order_release);
    return true;
  }
  return false;
}

void unguard_range(void *base) {
  std::lock_guard lock(changes);
  for (auto &range : ranges) {
    if (range.base.load() == reinterpret_cast<std::uintptr_t>(base)) range.base.store(0, std::memory_order_release);
  }
}

bool guard_tripped(void *base) {
  Range *range = range_of(reinterpret_cast<std::uintptr_t>(base));
  return range != nullptr && range->tripped.load(std::memory_order_acquire);
}

}  // namespace framelane
