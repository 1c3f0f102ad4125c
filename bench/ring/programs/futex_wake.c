/* The yardstick: one process sleeps on a futex in shared memory, another wakes it. Arguments: frames, interval in ms. */
#include "framelane.h"
#include "rounds.h"

#include <sys/prctl.h>
#include <signal.h>

typedef struct word {
  uint32_t value;
  uint64_t sent_at;
} word;

static void sleeper(word *shared, int frames) {
  double *us = (double *)calloc((size_t)frames, sizeof *us);
  uint32_t seen = 0;
  double cpu = cpu_seconds();
  tell_ready("consumer");
  for (int count = 0;;) {
    while (fl__load32(&shared->value) == seen) fl__sleep(&shared->value, seen, -1);
    us[count++] = (double)(now_ns() - shared->sent_at) / 1000;
    seen++;
    if (count < frames) continue;
    tell_consumer(us, count, cpu_seconds() - cpu);
    cpu = cpu_seconds();
    count = 0;
  }
}

static void waker(word *shared, int frames, double interval_ms) {
  tell_ready("producer");
  while (next_round()) {
    double cpu = cpu_seconds();
    for (int i = 0; i < frames; i++) {
      sleep_ms(interval_ms);
      shared->sent_at = now_ns();
      fl__store32(&shared->value, shared->value + 1);
      fl__wake(&shared->value);
    }
    tell_producer(cpu_seconds() - cpu);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  word *shared = (word *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sleeper(shared, atoi(argv[1]));
  }
  waker(shared, atoi(argv[1]), atof(argv[2]));
  return 0;
}
