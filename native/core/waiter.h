// A thread that sleeps on a futex word of a ring and calls back when the word changes, if somebody asked.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

namespace framelane {

class Waiter {
 public:
  /// Starts the thread. It reads the word before this returns, so no change after that is lost.
  Waiter(std::uint32_t *word, std::function<void()> on_change);
  /// Stops and joins the thread.
  ~Waiter();
  Waiter(const Waiter &) = delete;
  Waiter &operator=(const Waiter &) = delete;

  /// Asks for one call-back as soon as the word differs from `seen`. True: it does already, and there will be none.
  bool arm(std::uint32_t seen);
  /// Takes that back.
  void disarm() { wanted_.store(false); }

 private:
  void run(std::uint32_t seen);

  std::uint32_t *word_;
  std::function<void()> on_change_;
  std::atomic<bool> wanted_{false};
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace framelane
