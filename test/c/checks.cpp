// Checks of the C++ types of include/framelane.h: `checks` lists them, `checks NAME RING` runs one.
#include "check.h"

#include <sys/wait.h>

#include <functional>
#include <iostream>

namespace {

using framelane::Frame;
using framelane::Loan;
using framelane::Publisher;
using framelane::Subscriber;

fl_publisher_options options_of(std::uint32_t slots, bool lossless = false, std::uint64_t capacity = 4096) {
  fl_publisher_options options = {};
  options.capacity = capacity;
  options.slots = slots;
  options.lossless = lossless;
  return options;
}

void put(Publisher &ring, std::uint8_t value) {
  Loan loan = ring.loan(FL_GRAY8, 8, 8);
  CHECK(loan && loan.stride() == 8 && loan.rows() == 8 && loan.row_bytes() == 8);
  memset(loan.data(), value, 64);
  loan.publish();
}

int status_of(const std::function<void()> &action) {
  try {
    action();
  } catch (const framelane::Error &error) {
    CHECK(std::string(error.what()).find(fl_status_text(error.status())) != std::string::npos);
    return error.status();
  }
  return FL_OK;
}

void a_scope_gives_back(const char *name) {
  Publisher ring(name, options_of(3));
  Subscriber reader(name);
  for (int i = 1; i < 20; i++) {
    put(ring, static_cast<std::uint8_t>(i));
    Frame frame = reader.next(0);
    CHECK(frame && all(frame.data(), static_cast<std::uint8_t>(i)) && frame.sequence() == std::uint64_t(i));
    CHECK(frame.capture_time() > 1600000000000000000ull);
    { Loan unused = ring.loan(FL_GRAY8, 8, 8); }
  }
  CHECK(!reader.next(0) && !reader.closed() && ring.dropped() == 0 && reader.missed() == 0);
}

void frames_outlive_their_subscriber(const char *name) {
  Publisher ring(name, options_of(4));
  Frame kept;
  {
    Subscriber reader(name);
    put(ring, 1);
    kept = reader.next(0);
  }
  for (int i = 2; i < 50; i++) put(ring, static_cast<std::uint8_t>(i));
  CHECK(kept && all(kept.data(), 1));
  Frame moved = std::move(kept);
  CHECK(!kept && moved);  // NOLINT: what a moved-from frame is, is the question
  moved.release();
  CHECK(!moved);
  moved.release();
  for (int tries = 0; tries < 4; tries++) CHECK(ring.loan(FL_GRAY8, 8, 8));
}

void a_full_lossy_ring_lends_nothing(const char *name) {
  Publisher ring(name, options_of(2));
  Loan first = ring.loan(FL_GRAY8, 8, 8), second = ring.loan(FL_GRAY8, 8, 8);
  CHECK(first && second && !ring.loan(FL_GRAY8, 8, 8) && ring.dropped() == 1);
  second = Loan();
  CHECK(ring.loan(FL_GRAY8, 8, 8));
}

void a_lossless_ring_waits(const char *name) {
  Publisher ring(name, options_of(2, true));
  CHECK(!ring.wait_readers(1, true, 10));
  Subscriber reader(name);
  CHECK(ring.wait_readers(1, true, 10));
  put(ring, 1);
  put(ring, 2);
  CHECK(!ring.loan(FL_GRAY8, 8, 8, 20) && ring.dropped() == 0);
  CHECK(reader.next(0).sequence() == 1);
  CHECK(ring.loan(FL_GRAY8, 8, 8, 20));
}

void metadata_of_every_type(const char *name) {
  Publisher ring(name, options_of(3));
  Subscriber reader(name);
  Loan loan = ring.loan(FL_GRAY8, 8, 8);
  const std::vector<std::uint8_t> bytes = {0, 1, 255}, none;
  loan.set("on", true).set("n", -5).set("u", 7u).set("x", 0.5f).set("t", "ä").set("s", std::string("b"));
  loan.set("bytes", bytes).set("none", none);
  CHECK(status_of([&] { loan.set("u64", UINT64_MAX); }) == FL_E_ARGUMENT);
  CHECK(status_of([&] { loan.set("nul", std::string("a\0b", 3)); }) == FL_E_ARGUMENT);
  CHECK(status_of([&] { loan.set("long", std::string(70000, 'x')); }) == FL_E_TOO_LARGE);
  loan.publish();
  CHECK(status_of([&] { loan.publish(); }) == FL_E_ARGUMENT);
  Frame frame = reader.next(0);
  CHECK(frame.get<bool>("on") == true && frame.get<std::int64_t>("n") == -5 && frame.get<std::int64_t>("u") == 7);
  CHECK(frame.get<double>("x") == 0.5 && frame.get<double>("n") == -5.0 && frame.get<std::string>("t") == "ä");
  CHECK(frame.get<std::string>("s") == "b" && frame.get<std::vector<std::uint8_t>>("bytes") == bytes);
  CHECK(frame.get<std::vector<std::uint8_t>>("none") == none);
  CHECK(!frame.get<std::string>("n") && !frame.get<std::int64_t>("x") && !frame.get<bool>("no"));
}

void a_successor_is_followed_with_frames_held(const char *name) {
  pid_t child = fork();
  if (child == 0) {
    Publisher ring(name, options_of(3));
    put(ring, 1);
    _exit(0);  // as if killed: nothing is closed
  }
  CHECK(waitpid(child, nullptr, 0) == child);
  Subscriber reader(name);
  Frame held = reader.next(0);
  Publisher next(name, options_of(5));
  put(next, 2);
  Frame frame = reader.next(1000);
  CHECK(frame && frame.sequence() == 1 && all(frame.data(), 2) && all(held.data(), 1));
  held.release();
  put(next, 3);
  frame = reader.next(1000);
  CHECK(frame.sequence() == 2 && all(frame.data(), 3) && reader.missed() == 0);
}

void the_end_is_told_from_a_timeout(const char *name) {
  std::optional<Publisher> ring(std::in_place, name, options_of(3));
  Subscriber reader(name);
  put(*ring, 1);
  ring.reset();
  CHECK(reader.next().sequence() == 1 && !reader.next() && reader.closed());
  CHECK(status_of([&] { Subscriber none(name); }) == FL_E_NOT_FOUND);
}

void errors_name_the_ring(const char *name) {
  Publisher ring(name, options_of(3));
  CHECK(status_of([&] { Publisher second(name, options_of(3)); }) == FL_E_BUSY);
  CHECK(status_of([&] { Publisher wrong("a/b", options_of(3)); }) == FL_E_NAME);
  CHECK(status_of([&] { ring.loan(FL_GRAY8, 80, 80); }) == FL_E_TOO_LARGE);
  CHECK(status_of([&] { ring.loan(FL_GRAY8, 0, 80); }) == FL_E_ARGUMENT);
  fl_subscriber_options lossless = {};
  lossless.lossless = FL_LOSSLESS;
  CHECK(status_of([&] { Subscriber reader(name, lossless); }) == FL_E_LOSSY);
  Loan loan = ring.loan(FL_GRAY8, 8, 8);
  ring.close();
  CHECK(status_of([&] { loan.publish(); }) == FL_E_ARGUMENT);
  CHECK(status_of([&] { ring.loan(FL_GRAY8, 8, 8); }) == FL_E_ARGUMENT);
  try {
    Subscriber reader(name);
  } catch (const framelane::Error &error) {
    CHECK(std::string(error.what()).rfind(name, 0) == 0);
    return;
  }
  CHECK(false);
}

}  // namespace

int main(int words, char **word) {
  static const check checks[] = {
      {"a-scope-gives-back", a_scope_gives_back},
      {"frames-outlive-their-subscriber", frames_outlive_their_subscriber},
      {"a-full-lossy-ring-lends-nothing", a_full_lossy_ring_lends_nothing},
      {"a-lossless-ring-waits", a_lossless_ring_waits},
      {"metadata-of-every-type", metadata_of_every_type},
      {"a-successor-is-followed-with-frames-held", a_successor_is_followed_with_frames_held},
      {"the-end-is-told-from-a-timeout", the_end_is_told_from_a_timeout},
      {"errors-name-the-ring", errors_name_the_ring},
  };
  return run_checks(checks, sizeof checks / sizeof *checks, words, word);
}
