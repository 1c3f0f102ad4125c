// A producer and a reader as fast as they can on two processors: what single steps cannot show, because a store that
// waits in its processor's buffer is not to be seen by the other one yet.
//
//   race SECONDS    prints {"name", "points", "runs", "reached", "findings", "first"}; runs are the frames taken
//
// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "scene.h"

using namespace faults;

namespace {

constexpr uint64_t kLarge = 512;  ///< bytes: long enough to be overtaken in

void produce() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  fl_publisher pub;
  fl_publisher_options options = ring_options(false, kLarge);
  options.slots = 3;
  if (fl_publisher_open(&pub, kName, &options) != FL_OK) _exit(1);
  for (;;) {
    uint32_t slot;
    uint64_t number = fl__seq(pub.latest) + 1;
    if (fl_publisher_loan(&pub, &slot) != FL_OK) continue;
    memset(fl_publisher_pixels(&pub, slot), pixel(number, 0), kLarge);
    fl_frame frame;
    fl_frame_layout(&frame, FL_GRAY8, kLarge, 1);
    fl_publisher_publish(&pub, slot, &frame);
  }
}

bool one_number(const fl_frame &frame) {
  uint8_t wanted = pixel(frame.seq, 0);
  for (int round = 0; round < 2; round++) {
    for (uint64_t i = 0; i < kLarge; i++) {
      if (__atomic_load_n(&frame.data[i], __ATOMIC_RELAXED) != wanted) return false;
    }
  }
  return true;
}

uint32_t consume(uint64_t until) {
  fl_subscriber sub;
  fl_subscriber_options options = {};
  options.mode = FL_EVERY;  // the oldest frame: in the very slot that the producer wants next
  while (fl_subscriber_open(&sub, kName, &options) == FL_E_NOT_FOUND) sched_yield();
  uint32_t taken = 0;
  while (board->findings == 0 && fl__monotonic() < until) {
    fl_frame frame;
    if (fl_subscriber_take(&sub, &frame) != FL_OK) continue;
    taken++;
    if (!one_number(frame)) found("frame %llu changed while it was held", (unsigned long long)frame.seq);
    fl_subscriber_release(&sub, &frame);
  }
  fl_subscriber_close(&sub);
  return taken;
}

}  // namespace

int main(int count, char **words) {
  if (count != 2) return 2;
  open_board();
  pid_t producer = fork();
  if (producer == 0) produce();
  uint32_t taken = consume(fl__monotonic() + static_cast<uint64_t>(atof(words[1]) * 1e9));
  kill(producer, SIGKILL);
  waitpid(producer, nullptr, 0);
  char path[256];
  fl__path(path, sizeof path, kName);
  unlink(path);
  printf("{\"name\":\"race\",\"points\":0,\"runs\":%u,\"reached\":%u,\"findings\":%u,\"first\":\"%s\"}\n", taken, taken,
         board->findings, board->first);
  return 0;
}
