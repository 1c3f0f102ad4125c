// damage.mjs in C: `damage TEMPLATE STRIDE OFFSET`.
// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include <vector>

namespace {

std::vector<uint8_t> whole;
char file[256];
fl_publisher_options options = {};
unsigned long sum = 0;

struct Region {
  uint64_t start, bytes;
};
constexpr Region kRegions[] = {{0, 0x110}, {0x10000, 2 * 64}, {0x20000, 0xc0}, {0x20400, 0xc0}, {0x20800, 0xc0}};

void put_file(const std::vector<uint8_t> &bytes) {
  int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (fd < 0 || write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) printf("BAD cannot write\n");
  close(fd);
}

void flip_file(uint64_t at, int bit) {
  int fd = open(file, O_RDWR);
  uint8_t byte = 0;
  bool done = pread(fd, &byte, 1, static_cast<off_t>(at)) == 1;
  byte ^= static_cast<uint8_t>(1 << bit);
  if (!done || pwrite(fd, &byte, 1, static_cast<off_t>(at)) != 1) printf("BAD cannot flip\n");
  close(fd);
}

void expect_status(int status) {
  if (status < FL_E_SYSTEM || status > FL_REPLACED) printf("BAD status %d\n", status);
}

void touch(const fl_frame &frame, const uint8_t *from, uint64_t bytes) {
  bool inside = frame.data >= from && frame.payload <= bytes && frame.data - from <= static_cast<ptrdiff_t>(bytes - frame.payload);
  if (!inside) printf("BAD a frame outside the segment\n");
  for (uint64_t i = 0; inside && i < frame.payload; i++) sum += frame.data[i];
  fl_metadata_entry entry;
  for (uint32_t at = 0; fl_metadata_next(&frame, &at, &entry) == FL_OK;) sum += entry.value_bytes;
}

void take_all(fl_subscriber &sub) {
  fl_frame frame;
  for (int i = 0; i < 8; i++) {
    int status = fl_subscriber_take(&sub, &frame);
    expect_status(status);
    if (status == FL_OK) {
      touch(frame, fl__at(&sub.map, sub.map.data), sub.map.total - sub.map.data);
      fl_subscriber_release(&sub, &frame);
    } else if (status != FL_E_FRAME) {
      return;
    }
  }
}

void publish_some(fl_publisher &pub) {
  for (int i = 0; i < 4; i++) {
    uint32_t slot;
    if (fl_publisher_loan(&pub, &slot) != FL_OK) continue;
    fl_frame frame = faults::layout(7);
    memset(fl_publisher_pixels(&pub, slot), 7, faults::kBytes);
    expect_status(fl_publisher_publish(&pub, slot, &frame));
  }
}

void read_it() {
  fl_frame frame;
  int status = fl_snapshot("d", &frame);
  expect_status(status);
  if (status == FL_OK) touch(frame, frame.data, frame.payload);
  if (status == FL_OK) free(frame.data);
  for (fl_mode mode : {FL_EVERY, FL_LATEST}) {
    fl_subscriber sub;
    fl_subscriber_options wanted = {};
    wanted.mode = mode;
    wanted.start = mode == FL_EVERY ? FL_OLDEST : FL_NEWEST;
    status = fl_subscriber_open(&sub, "d", &wanted);
    expect_status(status);
    if (status != FL_OK) continue;
    take_all(sub);
    fl_subscriber_close(&sub);
  }
}

void write_it() {
  fl_publisher pub;
  fl_subscriber sub;
  int status = fl_publisher_open(&pub, "d", &options);
  expect_status(status);
  if (status != FL_OK) return;
  int attached = fl_subscriber_open(&sub, "d", nullptr);
  expect_status(attached);
  publish_some(pub);
  if (attached == FL_OK) take_all(sub);
  if (attached == FL_OK) fl_subscriber_close(&sub);
  fl_publisher_close(&pub, false);
}

void flip_live(uint64_t at, int bit) {
  fl_publisher pub;
  fl_subscriber sub;
  fl_frame held;
  bool ready = fl_publisher_open(&pub, "d", &options) == FL_OK && fl_subscriber_open(&sub, "d", nullptr) == FL_OK;
  if (!ready) return static_cast<void>(printf("BAD cannot open\n"));
  int status = fl_subscriber_take(&sub, &held);
  flip_file(at, bit);
  publish_some(pub);
  take_all(sub);
  if (status == FL_OK) fl_subscriber_release(&sub, &held);
  publish_some(pub);
  fl_subscriber_close(&sub);
  fl_publisher_close(&pub, false);
}

void try_bit(uint64_t at, int bit) {
  std::vector<uint8_t> damaged = whole;
  damaged[at] ^= static_cast<uint8_t>(1 << bit);
  put_file(damaged);
  read_it();
  put_file(damaged);
  write_it();
  put_file(whole);
  flip_live(at, bit);
  unlink(file);
}

}  // namespace

int main(int count, char **words) {
  if (count != 4) return 2;
  int fd = open(words[1], O_RDONLY);
  struct stat facts;
  if (fd < 0 || fstat(fd, &facts) != 0) return 2;
  whole.resize(static_cast<size_t>(facts.st_size));
  if (read(fd, whole.data(), whole.size()) != facts.st_size) return 2;
  fl__path(file, sizeof file, "d");
  options = faults::ring_options((whole[FL_AT_FLAGS] & 1) != 0);
  options.slots = 3;
  options.readers = 2;
  unsigned stride = static_cast<unsigned>(atoi(words[2])), offset = static_cast<unsigned>(atoi(words[3])), number = 0, tried = 0;
  for (const Region &region : kRegions) {
    for (uint64_t bit = 0; bit < region.bytes * 8; bit++) {
      if (number++ % stride != offset) continue;
      printf("at 0x%lx bit %d\n", region.start + bit / 8, static_cast<int>(bit % 8));
      fflush(stdout);
      try_bit(region.start + bit / 8, static_cast<int>(bit % 8));
      tried++;
    }
  }
  printf("tried %u %d\n", tried, sum > 0);
}
