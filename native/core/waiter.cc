#include "waiter.h"

#include <pthread.h>
#include <signal.h>

#include "framelane.h"

namespace framelane {
namespace {

// After a truncation the SIGBUS guard puts other memory where the word was: wakes go there, while a thread that slept
// before still sleeps on the file's. So nobody sleeps for longer than this, in ms.
constexpr std::int64_t kLongestSleep = 250;

}  // namespace

Waiter::Waiter(std::uint32_t *word, std::function<void()> on_change) : word_(word), on_change_(std::move(on_change)) {
  std::uint32_t seen = fl__load32(word_);
  // Signals are the main thread's.
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGBUS);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this, seen] { run(seen); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Waiter::~Waiter() {
  stop_.store(true);
  const timespec nap = {0, 50'000};
  // The thread may be on its way into its sleep: wake until it is out.
  while (!ended_.load()) {
    fl__wake(word_);
    nanosleep(&nap, nullptr);
  }
  thread_.join();
}

bool Waiter::arm(std::uint32_t seen) {
  wanted_.store(true);
  fl__fence();
  if (fl__load32(word_) == seen) return false;
  // Whoever takes `wanted` back answers: the thread, by its call, or we, by saying so.
  return wanted_.exchange(false);
}

void Waiter::run(std::uint32_t seen) {
  while (!stop_.load()) {
    fl__sleep(word_, seen, kLongestSleep);
    std::uint32_t now = fl__load32(word_);
    if (now == seen) continue;
    seen = now;
    if (wanted_.exchange(false)) on_change_();
  }
  ended_.store(true);
}

}  // namespace framelane
