// A child process that can be stopped at every instruction between two markers which it sets itself.
//
// One run is stepped through and recorded; later runs go to a recorded point at full speed, by a breakpoint on its
// address that counts. Stepping there each time would take the square of the number of instructions.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <map>
#include <vector>

#include "scene.h"

namespace faults {

/// Stops the child until its parent lets it go on.
inline void marker() { syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP); }

/// An instruction of the recorded run.
struct Point {
  uint64_t address;
  uint32_t visit;   ///< the how manieth time it is come to, from 0
  uint32_t repeat;  ///< iterations of a `rep` instruction that are over
};

class Traced {
 public:
  /// Forks; the child runs `body` and is at its first marker when this returns.
  template <typename Body>
  explicit Traced(Body body) : pid_(fork()) {
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      body();
      _exit(0);
    }
    if (pid_ < 0 || !resume(PTRACE_CONT, false)) found("the child did not reach its first marker");
  }
  ~Traced() { kill(); }
  Traced(const Traced &) = delete;
  Traced &operator=(const Traced &) = delete;

  /// Steps to the next marker; every instruction on the way.
  std::vector<Point> record() {
    std::vector<Point> points;
    std::map<uint64_t, uint32_t> visits;
    for (uint64_t before = 0; !gone_;) {
      uint64_t now = address();
      if (now == before) {
        points.push_back({now, points.back().visit, points.back().repeat + 1});
      } else {
        points.push_back({now, visits[now]++, 0});
      }
      before = now;
      if (!resume(PTRACE_SINGLESTEP) || signal_ != SIGTRAP) break;
    }
    return points;
  }

  /// Goes to a point, before its instruction. False: it came to the next marker instead.
  bool go_to(const Point &point) {
    for (uint32_t visit = 0; visit < point.visit; visit++) {
      if (!run_to(point.address) || !resume(PTRACE_SINGLESTEP) || signal_ != SIGTRAP) return false;
      while (point.repeat > 0 && address() == point.address) resume(PTRACE_SINGLESTEP);
    }
    if (!run_to(point.address)) return false;
    for (uint32_t i = 0; i < point.repeat; i++) resume(PTRACE_SINGLESTEP);
    return true;
  }

  /// On to the next marker, or to the end.
  void run() {
    while (resume(PTRACE_CONT) && signal_ != SIGSTOP) {
    }
  }

  void kill() {
    if (gone_) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    gone_ = true;
  }

 private:
  static constexpr unsigned long kAddress = offsetof(user_regs_struct, rip);

  uint64_t address() { return static_cast<uint64_t>(ptrace(PTRACE_PEEKUSER, pid_, kAddress, nullptr)); }

  /// Runs up to an address with a breakpoint (int3) there; stays if it is there already.
  bool run_to(uint64_t at) {
    if (address() == at) return true;
    long word = ptrace(PTRACE_PEEKTEXT, pid_, at, nullptr);
    ptrace(PTRACE_POKETEXT, pid_, at, (word & ~0xffl) | 0xcc);
    bool hit = resume(PTRACE_CONT) && signal_ == SIGTRAP;
    if (gone_) return false;
    ptrace(PTRACE_POKETEXT, pid_, at, word);
    if (hit) ptrace(PTRACE_POKEUSER, pid_, kAddress, at);
    return hit;
  }

  /// Lets the child go on until it stops. False: it has ended.
  bool resume(__ptrace_request how, bool ask = true) {
    int status = 0;
    if (gone_ || (ask && ptrace(how, pid_, nullptr, nullptr) != 0)) return false;
    waitpid(pid_, &status, 0);
    if (WIFSTOPPED(status)) {
      signal_ = WSTOPSIG(status);
      if (signal_ == SIGTRAP || signal_ == SIGSTOP) return true;
      found("the child got signal %d", signal_);
      kill();
      return false;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) found("the child ended with status 0x%x", status);
    gone_ = true;
    return false;
  }

  pid_t pid_;
  int signal_ = 0;
  bool gone_ = false;
};

}  // namespace faults
