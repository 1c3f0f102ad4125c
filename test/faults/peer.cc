// A producer or a reader in C that runs until it is killed: `peer produce RING LOSSLESS`, `peer every|latest RING LOSSLESS`.
// Prints "n COUNT" now and then, and "BAD words" before it ends with 9. peer.mjs and peer.py do the same.
//
// Every frame proves itself: its first 8 pixels are its capture time, the others that number modulo 251.
// SPDX-License-Identifier: Apache-2.0
#include "framelane.h"

#include <sys/prctl.h>
#include <signal.h>

namespace {

constexpr uint32_t kWidth = 64, kHeight = 48, kBytes = kWidth * kHeight;

void nap(long most_us) {
  timespec time = {0, random() % most_us * 1000};
  nanosleep(&time, nullptr);
}

[[noreturn]] void bad(const char *words, unsigned long long a, unsigned long long b) {
  printf("BAD ");
  printf(words, a, b);
  printf("\n");
  fflush(stdout);
  _exit(9);
}

void count_frame(unsigned &count) {
  if (++count % 50 != 0) return;
  printf("n 50\n");
  fflush(stdout);
}

void produce(const char *name, bool lossless) {
  fl_publisher pub;
  fl_publisher_options options = {};
  options.capacity = kBytes;
  options.slots = 6;
  options.readers = 8;
  options.lossless = lossless;
  int status;
  while ((status = fl_publisher_open(&pub, name, &options)) == FL_E_BUSY) nap(1000);
  if (status != FL_OK) bad("open: %llu (%llu)", static_cast<unsigned>(-status), errno);
  for (unsigned count = 0;; nap(400)) {
    uint32_t slot;
    while ((status = fl_publisher_loan(&pub, &slot)) == FL_AGAIN) lossless ? fl_publisher_wait(&pub, 100) : nap(200);
    fl_frame frame;
    fl_frame_layout(&frame, FL_GRAY8, kWidth, kHeight);
    frame.capture_time = fl_now();
    uint8_t *pixels = fl_publisher_pixels(&pub, slot);
    memset(pixels + 8, static_cast<int>(frame.capture_time % 251), kBytes - 8);
    memcpy(pixels, &frame.capture_time, 8);
    status = fl_publisher_publish(&pub, slot, &frame);
    if (status != FL_OK) bad("publish: %llu%llu", static_cast<unsigned>(-status), 0);
    count_frame(count);
  }
}

void check(const fl_frame &frame) {
  uint64_t number;
  memcpy(&number, frame.data, 8);
  bool whole = number == frame.capture_time && frame.payload == kBytes;
  for (uint32_t i = 8; whole && i < kBytes; i++) whole = frame.data[i] == number % 251;
  if (!whole) bad("frame %llu is torn (%llu)", frame.seq, number);
}

void read_frames(const char *name, fl_mode mode) {
  fl_subscriber sub;
  fl_subscriber_options options = {};
  options.mode = mode;
  int status;
  while ((status = fl_subscriber_open(&sub, name, &options)) == FL_E_NOT_FOUND || status == FL_E_NO_SEAT) nap(2000);
  if (status != FL_OK) bad("attach: %llu (%llu)", static_cast<unsigned>(-status), errno);
  uint64_t last = 0;
  for (unsigned count = 0;;) {
    fl_frame frame;
    status = fl_subscriber_next(&sub, &frame, -1);
    if (status == FL_CLOSED) _exit(0);
    if (status != FL_OK) bad("next: %llu after frame %llu", static_cast<unsigned>(status < 0 ? -status : status), last);
    if (frame.seq <= last) bad("frame %llu after %llu", frame.seq, last);
    if (sub.lossless && sub.missed > 0) bad("missed %llu before %llu", sub.missed, frame.seq);
    last = frame.seq;
    check(frame);
    if (random() % 16 == 0) nap(2000);
    check(frame);
    fl_subscriber_release(&sub, &frame);
    count_frame(count);
  }
}

}  // namespace

int main(int count, char **words) {
  if (count != 4) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  srandom(static_cast<unsigned>(fl__monotonic()));
  if (strcmp(words[1], "produce") == 0) produce(words[2], words[3][0] == '1');
  read_frames(words[2], strcmp(words[1], "latest") == 0 ? FL_LATEST : FL_EVERY);
}
