/* What the C programs of the ring benchmark have in common; see rounds.mjs. */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}
static inline uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
static inline double cpu_seconds(void) { return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9; }

static inline void sleep_ms(double ms) {
  uint64_t ns = (uint64_t)(ms * 1e6);
  struct timespec nap = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
  nanosleep(&nap, NULL);
}

static inline void tell_ready(const char *role) {
  printf("{\"role\":\"%s\",\"ready\":true}\n", role);
  fflush(stdout);
}

/* Waits for a line on standard input; 0 at its end. */
static inline int next_round(void) {
  int c = getchar();
  while (c != '\n' && c != EOF) c = getchar();
  return c == '\n';
}

static inline void print_numbers(const char *name, const double *numbers, int count) {
  printf(",\"%s\":[", name);
  for (int i = 0; i < count; i++) printf("%s%.2f", i > 0 ? "," : "", numbers[i]);
  printf("]");
}

static inline void tell_producer(double cpu) {
  printf("{\"role\":\"producer\",\"cpu\":%.6f}\n", cpu);
  fflush(stdout);
}

static inline void tell_producer_with(double cpu, const char *name, const double *numbers, int count) {
  printf("{\"role\":\"producer\",\"cpu\":%.6f", cpu);
  print_numbers(name, numbers, count);
  printf("}\n");
  fflush(stdout);
}

static inline void tell_consumer(const double *us, int count, double cpu) {
  printf("{\"role\":\"consumer\",\"cpu\":%.6f", cpu);
  print_numbers("us", us, count);
  printf("}\n");
  fflush(stdout);
}

#endif
