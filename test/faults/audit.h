// What must hold of a ring after anything happened to its producer or to a reader, seen from outside.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "scene.h"

namespace faults {

/// The parent's side: a producer (or none: then the audit takes over) and a reader that lives through it all.
struct Scene {
  bool lossless = false;
  uint64_t capacity = 64;
  fl_publisher pub = {};
  fl_subscriber survivor = {};
  fl_frame held = {};
  bool survives = false;
  uint64_t known = 0;  ///< the newest frame that anybody can have seen

  bool has_producer() const { return pub.map.base != nullptr; }

  /// A ring with `frames` frames; the survivor holds the first and has not taken the others.
  void begin(bool lossless_ring, int frames) {
    lossless = lossless_ring;
    if (!open_publisher(pub, lossless)) return;
    for (int i = 0; i < frames; i++) known = publish_one(pub);
    survives = subscribe(survivor, FL_EVERY, FL_OLDEST);
    if (survives && take(survivor, held, "survivor") != FL_OK) found("the survivor got no frame");
  }

  void check_held(const char *when) {
    if (survives && held.data != nullptr && !whole(held)) found("%s: a held frame changed", when);
  }

  void release_held() {
    if (!survives || held.data == nullptr) return;
    check_held("before release");
    fl_subscriber_release(&survivor, &held);
  }
};

/// LATEST names a slot that has that very ticket, and no frame is newer.
inline void check_latest(const fl_publisher &pub) {
  uint64_t latest = fl__load64(fl__at(&pub.map, FL_AT_LATEST));
  uint32_t slot = static_cast<uint32_t>(latest & 0xff) - 1;
  if (latest != 0 && (slot >= kSlots || fl__load64(fl__slot(&pub.map, slot)) != latest)) {
    found("LATEST names no frame");
  }
  for (uint32_t i = 0; i < kSlots; i++) {
    uint64_t ticket = fl__load64(fl__slot(&pub.map, i));
    if (ticket > latest) found("slot %u has a frame newer than LATEST", i);
    if (ticket != 0 && (ticket & 0xff) != i + 1) found("slot %u has another slot's ticket", i);
  }
}

/// Every frame that a reader could take now is whole.
inline void check_visible(const fl_publisher &pub) {
  for (uint32_t i = 0; i < kSlots; i++) {
    uint64_t ticket = fl__load64(fl__slot(&pub.map, i));
    if (ticket == 0) continue;
    fl_frame frame;
    fl__read_slot(fl__slot(&pub.map, i), &frame);
    frame.data = fl__pixels(&pub.map, i);
    if (frame.seq != fl__seq(ticket) || !whole(frame)) found("slot %u shows a torn frame", i);
  }
}

/// The survivor takes all there is, in order; follows to another segment; returns how the ring stands.
inline int drain(Scene &scene) {
  fl_subscriber &sub = scene.survivor;
  fl_frame frame;
  for (int i = 0; i < 64; i++) {
    uint64_t last = sub.last, missed = sub.missed;
    int status = sub.map.base == nullptr ? FL_REPLACED : take(sub, frame, "survivor");
    if (status == FL_OK) {
      if (frame.seq <= last) found("frame %llu came twice", (unsigned long long)frame.seq);
      if (sub.lossless && sub.missed != missed) found("a lossless reader missed frames before %llu", (unsigned long long)frame.seq);
      fl_subscriber_release(&sub, &frame);
    } else if (status == FL_REPLACED || (status == FL_AGAIN && !fl__still_named(&sub.map))) {
      scene.release_held();
      status = fl_subscriber_reopen(&sub);
      if (status != FL_OK) return status;
    } else {
      return status;
    }
  }
  found("the survivor never comes to an end");
  return FL_AGAIN;
}

/// Frames go on with the next number, through every slot, and the survivor gets each.
inline void check_flow(Scene &scene) {
  uint64_t number = fl__seq(scene.pub.latest);
  bool used[kSlots] = {};
  if (scene.known > number && scene.capacity == 64) found("numbers start again at %llu", (unsigned long long)number);
  for (uint32_t i = 0; i < 3 * kSlots; i++) {
    if (publish_one(scene.pub) != ++number) return found("frame %llu found no slot", (unsigned long long)number);
    used[(scene.pub.latest & 0xff) - 1] = true;
    if (!scene.survives) continue;
    drain(scene);
    if (scene.survivor.last != number) found("the survivor did not get frame %llu", (unsigned long long)number);
    scene.check_held("while the producer went on");
  }
  scene.release_held();
  for (uint32_t i = 0; i < 2 * kSlots; i++) {
    publish_one(scene.pub);
    used[(scene.pub.latest & 0xff) - 1] = true;
    if (scene.survives) drain(scene);
  }
  for (uint32_t i = 0; i < kSlots; i++) {
    if (!used[i]) found("slot %u is lost", i);
  }
}

/// All slots but the latest can be borrowed at once.
inline void check_loans(fl_publisher &pub) {
  uint32_t slots[kSlots], count = 0;
  while (count < kSlots && fl_publisher_loan(&pub, &slots[count]) == FL_OK) count++;
  if (count != kSlots - 1) found("%u of %u slots can be borrowed", count, kSlots - 1);
  for (uint32_t i = 0; i < count; i++) fl_publisher_abandon(&pub, slots[i]);
}

/// Every entry that the survivor does not have can be had, and gives frames.
inline void check_seats(Scene &scene) {
  fl_subscriber readers[kReaders];
  uint32_t count = 0, wanted = kReaders - (scene.survives ? 1 : 0);
  publish_one(scene.pub);
  while (count < wanted && subscribe(readers[count], count == 0 ? FL_EVERY : FL_LATEST, FL_NEWEST)) {
    fl_frame frame;
    if (take(readers[count], frame, "new reader") != FL_OK) found("a new reader gets no frame");
    count++;
  }
  for (uint32_t i = 0; i < count; i++) fl_subscriber_close(&readers[i]);
}

inline void finish(Scene &scene) {
  if (scene.has_producer()) fl_publisher_close(&scene.pub, false);
  if (!scene.survives) return;
  int status = drain(scene);
  if (status != FL_CLOSED && status != FL_E_NOT_FOUND) found("the survivor does not see the end: %s", fl_status_text(status));
  fl_subscriber_close(&scene.survivor);
}

/// A producer that was killed while it closed may have got as far as taking the name away: then readers see the end,
/// and the next producer starts a new ring.
inline void let_closed_go(Scene &scene) {
  if (!scene.survives || scene.survivor.map.base == nullptr || fl__still_named(&scene.survivor.map)) return;
  if (fl__load32(fl__at(&scene.survivor.map, FL_AT_STATE)) != FL_STATE_CLOSED) return;
  if (drain(scene) != FL_CLOSED) found("the survivor does not see the end");
  scene.release_held();
  fl_subscriber_close(&scene.survivor);
  scene.survives = false;
  scene.known = 0;
}

/// Everything, ending with a ring that is gone. A ring without a producer is taken over first.
inline void audit(Scene &scene) {
  scene.check_held("at once");
  let_closed_go(scene);
  if (scene.has_producer() || open_publisher(scene.pub, scene.lossless, scene.capacity)) {
    check_latest(scene.pub);
    check_visible(scene.pub);
    if (scene.survives) drain(scene);
    check_flow(scene);
    check_loans(scene.pub);
    check_seats(scene);
  }
  finish(scene);
}

}  // namespace faults
