// What the fault programs share: a small ring in a folder of its own, frames whose pixels prove their number, and a
// board on which parent and child processes write what they found wrong.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "framelane.h"

#include <stdarg.h>

namespace faults {

constexpr const char *kName = "ring";
constexpr uint32_t kSlots = 4, kReaders = 3, kWidth = 8, kHeight = 4, kBytes = kWidth * kHeight;

/// Shared by all processes of one program.
struct Board {
  uint32_t findings;
  char first[240];
  int status;     ///< what the child's operation returned
  uint32_t seen;  ///< the futex word it would sleep on, as it saw it
  uint64_t seq;   ///< a frame's number
};
inline Board *board;

inline void open_board() {
  void *memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  board = static_cast<Board *>(memory);
}

/// Writes down a broken promise; the words of the first one are kept.
[[gnu::format(printf, 1, 2)]] inline void found(const char *words, ...) {
  if (__atomic_fetch_add(&board->findings, 1, __ATOMIC_SEQ_CST) != 0) return;
  va_list values;
  va_start(values, words);
  vsnprintf(board->first, sizeof board->first, words, values);
  va_end(values);
}

/// No two neighbouring numbers share a byte, so a mixture of two frames shows wherever the seam is.
inline uint8_t pixel(uint64_t number, uint64_t index) {
  return static_cast<uint8_t>(number * 37 + index * 11 + (number >> 8) * 101);
}

inline void paint(uint8_t *to, uint64_t number, uint64_t from, uint64_t end) {
  for (uint64_t i = from; i < end; i++) to[i] = pixel(number, i);
}

inline fl_frame layout(uint64_t number) {
  fl_frame frame;
  fl_frame_layout(&frame, FL_GRAY8, kWidth, kHeight);
  frame.capture_time = number;
  fl_metadata_add(&frame, FL_META_INT, "number", &number, sizeof number);
  return frame;
}

/// Whether header, metadata and every pixel belong to frame `frame.seq`.
inline bool whole(const fl_frame &frame) {
  uint32_t at = 0;
  fl_metadata_entry entry;
  if (frame.capture_time != frame.seq || frame.width != kWidth || frame.height != kHeight) return false;
  if (fl_metadata_next(&frame, &at, &entry) != FL_OK || memcmp(entry.value, &frame.seq, 8) != 0) return false;
  for (uint64_t i = 0; i < kBytes; i++) {
    if (frame.data[i] != pixel(frame.seq, i)) return false;
  }
  return true;
}

inline void expect_whole(const fl_frame &frame, const char *where) {
  if (!whole(frame)) found("%s: frame %llu is torn", where, static_cast<unsigned long long>(frame.seq));
}

inline fl_publisher_options ring_options(bool lossless, uint64_t capacity = 64) {
  fl_publisher_options options = {};
  options.capacity = capacity;
  options.slots = kSlots;
  options.readers = kReaders;
  options.lossless = lossless;
  return options;
}

inline bool open_publisher(fl_publisher &pub, bool lossless, uint64_t capacity = 64) {
  fl_publisher_options options = ring_options(lossless, capacity);
  int status = fl_publisher_open(&pub, kName, &options);
  if (status != FL_OK) found("a producer cannot open the ring: %s", fl_status_text(status));
  return status == FL_OK;
}

inline bool subscribe(fl_subscriber &sub, fl_mode mode, fl_start start, fl_lossless lossless = FL_AS_RING) {
  fl_subscriber_options options = {};
  options.mode = mode;
  options.start = start;
  options.lossless = lossless;
  int status = fl_subscriber_open(&sub, kName, &options);
  if (status != FL_OK) found("a reader cannot attach: %s", fl_status_text(status));
  return status == FL_OK;
}

/// Publishes one frame without waiting. Its number, or 0: no slot was free.
inline uint64_t publish_one(fl_publisher &pub) {
  uint32_t slot;
  uint64_t number = fl__seq(pub.latest) + 1;
  if (fl_publisher_loan(&pub, &slot) != FL_OK) return 0;
  paint(fl_publisher_pixels(&pub, slot), number, 0, kBytes);
  fl_frame frame = layout(number);
  if (fl_publisher_publish(&pub, slot, &frame) != FL_OK || frame.seq != number) found("publishing failed");
  return number;
}

/// As the kernel does at a kill: the lock goes with the open file, nothing is written.
inline void drop_dead(fl_publisher &pub) {
  fl__unmap(&pub.map);
  pub = {};
}

/// Takes without waiting. In a ring that nobody damaged, a frame with a senseless header is a broken promise.
inline int take(fl_subscriber &sub, fl_frame &frame, const char *where) {
  int status = fl_subscriber_take(&sub, &frame);
  if (status == FL_E_FRAME) found("%s: frame %llu has a senseless header", where, (unsigned long long)frame.seq);
  if (status == FL_OK) expect_whole(frame, where);
  return status;
}

}  // namespace faults
