/* Checks of include/framelane.h as a program in C sees it: `checks` lists them, `checks NAME RING` runs one. */
#include "check.h"
#include <sys/time.h>
#include <sys/wait.h>

static volatile sig_atomic_t stop;

static void on_alarm(int number) {
  (void)number;
  stop = 1;
}

static void on_tick(int number) { (void)number; }

/* SIGALRM after `first_us`, then every `every_us` (0: once). */
static void alarm_in(void (*handler)(int), long first_us, long every_us) {
  struct itimerval timer = {{0, every_us}, {0, first_us}};
  signal(SIGALRM, handler);
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static uint64_t ms_since(uint64_t start) { return (fl__monotonic() - start) / 1000000; }

static void every_format_by_name(const char *ring) {
  (void)ring;
  int known = 0;
  for (uint32_t format = 0; format < 64; format++) {
    const char *name = fl_format_name(format);
    CHECK((name != NULL) == (fl_format_planes(format) > 0));
    if (name == NULL) continue;
    CHECK(fl_format_named(name) == format);
    known++;
    printf("%s %u\n", name, format);
  }
  CHECK(known == 18 && fl_format_named("rgb") == 0 && fl_format_name(UINT32_MAX) == NULL);
}

static void a_layout_with_padded_rows(const char *ring) {
  (void)ring;
  fl_frame frame;
  const uint32_t strides[] = {8, 5, 4}, short_row[] = {8, 2, 4};
  CHECK(fl_frame_layout_padded(&frame, FL_I420, 5, 3, strides) == FL_OK);
  CHECK(frame.planes == 3 && frame.offset[1] == 24 && frame.offset[2] == 34 && frame.payload == 42);
  CHECK(fl_frame_layout(&frame, FL_I420, 5, 3) == FL_OK && frame.payload == 15 + 6 + 6);
  CHECK(fl_frame_layout_padded(&frame, FL_I420, 5, 3, short_row) == FL_E_ARGUMENT);
  CHECK(fl_frame_layout(&frame, FL_GRAY8, 0, 3) == FL_E_ARGUMENT);
  CHECK(fl_frame_layout(&frame, FL_GRAY8, 65536, 3) == FL_E_ARGUMENT);
  CHECK(fl_frame_layout(&frame, (fl_format)11, 5, 3) == FL_E_ARGUMENT);
}

static void metadata_by_key_and_type(const char *ring) {
  (void)ring;
  fl_frame frame;
  bool yes = false;
  int64_t whole = 0;
  double number = 0;
  char text[8];
  CHECK(fl_frame_layout(&frame, FL_GRAY8, 1, 1) == FL_OK);
  CHECK(fl_metadata_int(&frame, "n", &whole) == FL_E_NOT_FOUND);
  CHECK(fl_metadata_add_bool(&frame, "on", true) == FL_OK);
  CHECK(fl_metadata_add_int(&frame, "n", INT64_MIN) == FL_OK);
  CHECK(fl_metadata_add_float(&frame, "x", 0.25) == FL_OK);
  CHECK(fl_metadata_add_text(&frame, "t", "seven77") == FL_OK);
  CHECK(fl_metadata_bool(&frame, "on", &yes) == FL_OK && yes);
  CHECK(fl_metadata_int(&frame, "n", &whole) == FL_OK && whole == INT64_MIN);
  CHECK(fl_metadata_float(&frame, "x", &number) == FL_OK && number == 0.25);
  CHECK(fl_metadata_float(&frame, "n", &number) == FL_OK && number == -9223372036854775808.0);
  CHECK(fl_metadata_text(&frame, "t", text, sizeof text) == FL_OK && strcmp(text, "seven77") == 0);
  CHECK(fl_metadata_text(&frame, "t", text, 7) == FL_E_TOO_LARGE);
  CHECK(fl_metadata_int(&frame, "x", &whole) == FL_E_ARGUMENT && whole == INT64_MIN);
  CHECK(fl_metadata_int(&frame, "no", &whole) == FL_E_NOT_FOUND);
  CHECK(fl_metadata_add_int(&frame, "n", 2) == FL_OK && fl_metadata_int(&frame, "n", &whole) == FL_OK && whole == 2);
}

static void metadata_that_is_too_much_or_damaged(const char *ring) {
  (void)ring;
  fl_frame frame;
  fl_metadata_entry entry;
  char key[300], text[900];
  memset(key, 'k', sizeof key);
  key[256] = '\0';
  memset(text, 't', sizeof text);
  text[891] = '\0';
  CHECK(fl_frame_layout(&frame, FL_GRAY8, 1, 1) == FL_OK);
  CHECK(fl_metadata_add_bool(&frame, key, true) == FL_E_ARGUMENT);
  CHECK(fl_metadata_add_bool(&frame, "", true) == FL_E_ARGUMENT);
  CHECK(fl_metadata_add_text(&frame, "ab", text) == FL_E_TOO_LARGE && frame.metadata_bytes == 0);
  CHECK(fl_metadata_add_text(&frame, "a", text) == FL_OK && frame.metadata_bytes == FL_METADATA_BYTES);
  CHECK(fl_metadata_add_bool(&frame, "b", true) == FL_E_TOO_LARGE);
  for (uint32_t bytes = 1; bytes < FL_METADATA_BYTES; bytes++) {
    frame.metadata_bytes = bytes;
    CHECK(fl_metadata_find(&frame, "a", &entry) == FL_E_FRAME);
  }
}

static void a_held_frame_does_not_change(const char *ring) {
  fl_publisher pub = open_ring(ring, 3, false);
  fl_subscriber sub;
  fl_frame held, frame;
  CHECK(fl_subscriber_open(&sub, ring, NULL) == FL_OK);
  CHECK(put(&pub, 1) == FL_OK && fl_subscriber_next(&sub, &held, 0) == FL_OK);
  for (int i = 2; i < 200; i++) CHECK(put(&pub, (uint8_t)i) == FL_OK);
  CHECK(all(held.data, 1) && held.seq == 1);
  CHECK(fl_subscriber_next(&sub, &frame, 0) == FL_OK && frame.seq == 198 && sub.missed == 196);
  CHECK(fl_subscriber_release(&sub, &held) == FL_OK && held.data == NULL);
  CHECK(fl_subscriber_release(&sub, &held) == FL_E_ARGUMENT);
  fl_publisher_close(&pub, false);
  CHECK(fl_subscriber_release(&sub, &frame) == FL_OK);
  CHECK(fl_subscriber_next(&sub, &frame, -1) == FL_OK && frame.seq == 199);
  CHECK(fl_subscriber_release(&sub, &frame) == FL_OK);
  CHECK(fl_subscriber_next(&sub, &frame, -1) == FL_CLOSED);
  fl_subscriber_close(&sub);
}

static void limits_of_what_is_held(const char *ring) {
  fl_publisher pub = open_ring(ring, 16, false);
  fl_subscriber sub;
  fl_subscriber_options options = {.start = FL_OLDEST};
  fl_frame held[FL_PINS], frame;
  CHECK(fl_subscriber_open(&sub, ring, &options) == FL_OK);
  for (int i = 0; i < 16; i++) CHECK(put(&pub, (uint8_t)i) == FL_OK);
  for (int i = 0; i < FL_PINS; i++) CHECK(fl_subscriber_take(&sub, &held[i]) == FL_OK && all(held[i].data, (uint8_t)i));
  CHECK(fl_subscriber_take(&sub, &frame) == FL_E_HELD && fl_subscriber_next(&sub, &frame, 0) == FL_E_HELD);
  for (int i = 0; i < FL_PINS; i++) CHECK(fl_subscriber_release(&sub, &held[i]) == FL_OK);
  CHECK(fl_subscriber_take(&sub, &frame) == FL_OK && frame.seq == 13);
  fl_subscriber_close(&sub);
  fl_publisher_close(&pub, false);
}

static void frames_that_are_wrong(const char *ring) {
  fl_publisher pub = open_ring(ring, 4, false);
  fl_frame frame;
  uint32_t slot;
  CHECK(fl_frame_layout(&frame, FL_GRAY8, 64, 65) == FL_OK);
  CHECK(fl_publisher_write(&pub, &frame, 0) == FL_E_TOO_LARGE);
  CHECK(fl_publisher_loan(&pub, &slot) == FL_OK);
  CHECK(fl_publisher_publish(&pub, slot, &frame) == FL_E_TOO_LARGE);
  CHECK(fl_frame_layout(&frame, FL_NV12, 64, 8) == FL_OK);
  frame.offset[1]++;
  CHECK(fl_publisher_publish(&pub, slot, &frame) == FL_E_FRAME);
  frame.offset[1]--;
  CHECK(fl_publisher_publish(&pub, slot, &frame) == FL_OK);
  CHECK(fl_publisher_publish(&pub, slot, &frame) == FL_E_ARGUMENT && fl_publisher_abandon(&pub, slot) == FL_E_ARGUMENT);
  CHECK(fl_publisher_loan(&pub, &slot) == FL_OK);
  fl_publisher_close(&pub, false);
  CHECK(fl_publisher_publish(&pub, slot, &frame) == FL_E_ARGUMENT);
  fl_publisher_close(&pub, false);
}

static void calls_after_close(const char *ring) {
  fl_publisher pub = open_ring(ring, 4, false);
  fl_subscriber sub;
  fl_frame frame, other;
  CHECK(fl_subscriber_open(&sub, ring, NULL) == FL_OK);
  CHECK(put(&pub, 1) == FL_OK && fl_subscriber_next(&sub, &frame, 0) == FL_OK);
  fl_subscriber_close(&sub);
  CHECK(fl_subscriber_release(&sub, &frame) == FL_E_ARGUMENT);
  CHECK(fl_subscriber_next(&sub, &other, -1) == FL_E_NAME && fl_publisher_readers(&pub, false) == 0);
  fl_subscriber_close(&sub);
  fl_publisher_close(&pub, false);
}

static void waits_that_end_in_time(const char *ring) {
  fl_publisher pub = open_ring(ring, 3, true);
  fl_subscriber sub;
  fl_frame frame;
  uint64_t start = fl__monotonic();
  CHECK(fl_publisher_wait_readers(&pub, 1, true, 30) == FL_E_TIMEOUT && ms_since(start) >= 30);
  CHECK(fl_subscriber_open(&sub, ring, NULL) == FL_OK && sub.lossless);
  CHECK(fl_publisher_wait_readers(&pub, 1, true, 0) == FL_OK);
  start = fl__monotonic();
  CHECK(fl_subscriber_next(&sub, &frame, 30) == FL_E_TIMEOUT && ms_since(start) >= 30);
  for (int i = 0; i < 3; i++) CHECK(put(&pub, 1) == FL_OK);
  start = fl__monotonic();
  CHECK(put(&pub, 1) == FL_E_TIMEOUT && ms_since(start) >= 30 && ms_since(start) < 90);
  fl_subscriber_close(&sub);
  CHECK(put(&pub, 1) == FL_OK);
  fl_publisher_close(&pub, false);
}

static void a_signal_handler_ends_waits_by_stop(const char *ring) {
  fl_publisher pub = open_ring(ring, 3, true);
  fl_subscriber sub;
  fl_subscriber_options options = {.stop = &stop};
  fl_frame frame;
  uint32_t slot;
  CHECK(fl_subscriber_open(&sub, ring, &options) == FL_OK);
  uint64_t start = fl__monotonic();
  alarm_in(on_alarm, 20000, 0);
  CHECK(fl_subscriber_next(&sub, &frame, -1) == FL_STOPPED && ms_since(start) < 600);
  for (int i = 0; i < 3; i++) CHECK(put(&pub, 1) == FL_OK);
  stop = 0;
  pub.stop = &stop;
  alarm_in(on_alarm, 20000, 0);
  CHECK(fl_publisher_loan_wait(&pub, &slot, -1) == FL_STOPPED);
  CHECK(fl_publisher_wait_readers(&pub, 2, false, -1) == FL_STOPPED);
  fl_subscriber_close(&sub);
  CHECK(fl_subscriber_open_wait(&sub, "no-such-ring", &options, -1) == FL_STOPPED);
  fl_publisher_close(&pub, false);
}

static void other_signals_end_nothing(const char *ring) {
  fl_publisher_options options = {.capacity = 4 << 20, .slots = 8};
  fl_publisher pub;
  fl_subscriber sub;
  fl_frame frame;
  alarm_in(on_tick, 300, 300);
  /* 32 MiB take longer to reserve than the signals leave in peace. */
  CHECK(fl_publisher_open(&pub, ring, &options) == FL_OK);
  CHECK(fl_subscriber_open(&sub, ring, NULL) == FL_OK);
  uint64_t start = fl__monotonic();
  CHECK(fl_subscriber_next(&sub, &frame, 60) == FL_E_TIMEOUT && ms_since(start) >= 60);
  CHECK(put(&pub, 9) == FL_OK && fl_subscriber_next(&sub, &frame, 60) == FL_OK && all(frame.data, 9));
  alarm_in(on_tick, 0, 0);
  fl_subscriber_close(&sub);
  fl_publisher_close(&pub, false);
}

/* A producer in a process of its own; it is killed once its frame is there. */
static void killed_producer(const char *ring) {
  int told[2];
  char byte;
  CHECK(pipe(told) == 0);
  pid_t child = fork();
  if (child == 0) {
    fl_publisher pub = open_ring(ring, 4, false);
    CHECK(put(&pub, 5) == FL_OK && write(told[1], "x", 1) == 1);
    pause();
  }
  CHECK(read(told[0], &byte, 1) == 1);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

static void a_dead_producer_is_noticed_by_short_waits(const char *ring) {
  fl_subscriber sub;
  fl_subscriber_options options = {.takeover_ms = 100};
  fl_frame frame;
  killed_producer(ring);
  CHECK(fl_subscriber_open(&sub, ring, &options) == FL_OK);
  CHECK(fl_subscriber_next(&sub, &frame, 0) == FL_OK && all(frame.data, 5));
  CHECK(fl_subscriber_release(&sub, &frame) == FL_OK);
  uint64_t start = fl__monotonic();
  int status = FL_E_TIMEOUT;
  while (status == FL_E_TIMEOUT && ms_since(start) < 2000) status = fl_subscriber_next(&sub, &frame, 10);
  CHECK(status == FL_E_LOST && ms_since(start) >= 100);
  fl_publisher pub = open_ring(ring, 4, false);
  CHECK(put(&pub, 6) == FL_OK);
  CHECK(fl_subscriber_next(&sub, &frame, 0) == FL_OK && frame.seq == 2 && all(frame.data, 6));
  fl_subscriber_close(&sub);
  fl_publisher_close(&pub, false);
}

static void a_replaced_ring_waits_for_releases(const char *ring) {
  fl_subscriber sub;
  fl_frame held, frame;
  killed_producer(ring);
  CHECK(fl_subscriber_open(&sub, ring, NULL) == FL_OK && fl_subscriber_next(&sub, &held, 0) == FL_OK);
  fl_publisher pub = open_ring(ring, 6, false);
  CHECK(put(&pub, 7) == FL_OK);
  CHECK(fl_subscriber_next(&sub, &frame, 100) == FL_REPLACED && all(held.data, 5));
  CHECK(fl_subscriber_release(&sub, &held) == FL_OK);
  CHECK(fl_subscriber_next(&sub, &frame, 100) == FL_OK && frame.seq == 1 && all(frame.data, 7));
  fl_subscriber_close(&sub);
  fl_publisher_close(&pub, false);
}

/* The close that falls between a reader's look and its sleep, many times. */
static void a_close_at_any_moment_is_a_close(const char *ring) {
  for (int round = 0; round < 150; round++) {
    fl_publisher pub = open_ring(ring, 4, false);
    fl_frame frame;
    fl_subscriber sub;
    CHECK(fl_subscriber_open(&sub, ring, NULL) == FL_OK);
    pid_t child = fork();
    if (child == 0) { /* as if it were the producer: it inherited the lock */
      for (volatile int delay = 0; delay < round * 40; delay++) continue;
      fl_publisher_close(&pub, false);
      _exit(0);
    }
    close(pub.map.fd);
    pub.map.fd = -1;
    CHECK(fl_subscriber_next(&sub, &frame, 3000) == FL_CLOSED);
    fl_subscriber_close(&sub);
    CHECK(waitpid(child, NULL, 0) == child);
    fl__unmap(&pub.map);
  }
}

static void a_snapshot_takes_no_seat(const char *ring) {
  fl_publisher pub = open_ring(ring, 4, false);
  fl_frame frame;
  CHECK(fl_snapshot(ring, &frame) == FL_AGAIN && fl_snapshot("no-such-ring", &frame) == FL_E_NOT_FOUND);
  CHECK(put(&pub, 3) == FL_OK && fl_snapshot(ring, &frame) == FL_OK && all(frame.data, 3));
  CHECK(fl_publisher_readers(&pub, false) == 0);
  free(frame.data);
  fl_publisher_close(&pub, false);
}

static void every_status_has_words(const char *ring) {
  (void)ring;
  for (int status = FL_E_SYSTEM; status <= FL_STOPPED; status++) {
    CHECK(strcmp(fl_status_text(status), "unknown status") != 0);
    for (int other = FL_E_SYSTEM; other < status; other++) CHECK(strcmp(fl_status_text(other), fl_status_text(status)) != 0);
  }
}

int main(int words, char **word) {
  static const check checks[] = {
      {"every-format-by-name", every_format_by_name},
      {"a-layout-with-padded-rows", a_layout_with_padded_rows},
      {"metadata-by-key-and-type", metadata_by_key_and_type},
      {"metadata-that-is-too-much-or-damaged", metadata_that_is_too_much_or_damaged},
      {"a-held-frame-does-not-change", a_held_frame_does_not_change},
      {"limits-of-what-is-held", limits_of_what_is_held},
      {"frames-that-are-wrong", frames_that_are_wrong},
      {"calls-after-close", calls_after_close},
      {"waits-that-end-in-time", waits_that_end_in_time},
      {"a-signal-handler-ends-waits-by-stop", a_signal_handler_ends_waits_by_stop},
      {"other-signals-end-nothing", other_signals_end_nothing},
      {"a-dead-producer-is-noticed-by-short-waits", a_dead_producer_is_noticed_by_short_waits},
      {"a-replaced-ring-waits-for-releases", a_replaced_ring_waits_for_releases},
      {"a-close-at-any-moment-is-a-close", a_close_at_any_moment_is_a_close},
      {"a-snapshot-takes-no-seat", a_snapshot_takes_no_seat},
      {"every-status-has-words", every_status_has_words},
  };
  return run_checks(checks, sizeof checks / sizeof *checks, words, word);
}
