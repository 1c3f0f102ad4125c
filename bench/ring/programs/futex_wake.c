/*
 * The yardstick: one process sleeps on a futex in shared memory, another wakes it; the sleeper notes how long that took,
 * and wakes the other in turn, who notes how long the round took. Arguments: frames a round, ms from one to the next, the
 * waker's core and the sleeper's (-1: any).
 */
#include "framelane.h"
#include "rounds.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

typedef struct words {
  uint32_t call;
  uint64_t called_at;
  uint32_t answer __attribute__((aligned(64)));
} words;

static void wake(uint32_t *word) {
  fl__store32(word, *word + 1);
  fl__wake(word);
}

static void sleep_until(uint32_t *word, uint32_t value) {
  for (uint32_t seen = fl__load32(word); seen != value; seen = fl__load32(word)) fl__sleep(word, seen, -1);
}

static void sleeper(words *shared, int frames) {
  double *us = (double *)calloc((size_t)frames, sizeof *us);
  double cpu = cpu_seconds();
  tell_ready("consumer");
  uint32_t calls = 0;
  for (int count = 0;;) {
    sleep_until(&shared->call, ++calls);
    us[count++] = (double)(now_ns() - shared->called_at) / 1000;
    wake(&shared->answer);
    if (count < frames) continue;
    tell_consumer(us, count, cpu_seconds() - cpu);
    cpu = cpu_seconds();
    count = 0;
  }
}

static void waker(words *shared, int frames, double interval_ms) {
  double *us = (double *)calloc((size_t)frames, sizeof *us);
  tell_ready("producer");
  while (next_round()) {
    double cpu = cpu_seconds();
    for (int i = 0; i < frames; i++) {
      sleep_ms(interval_ms);
      shared->called_at = now_ns();
      wake(&shared->call);
      sleep_until(&shared->answer, shared->call);
      us[i] = (double)(now_ns() - shared->called_at) / 1000;
    }
    tell_producer_with(cpu_seconds() - cpu, "round", us, frames);
  }
}

static void stay_on(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (core >= 0) CPU_SET(core, &cores);
  if (core >= 0 && sched_setaffinity(0, sizeof cores, &cores) != 0) exit(1);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  words *shared = (words *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  if (fork() == 0) {
    stay_on(atoi(argv[4]));
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sleeper(shared, atoi(argv[1]));
  }
  stay_on(atoi(argv[3]));
  waker(shared, atoi(argv[1]), atof(argv[2]));
  return 0;
}
