// Two sides at once, one of them standing still between two instructions: what a race can do, without waiting for it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "operations.h"

namespace faults {

/// Child: prepare | act | after, with a marker at each bar. Parent: arrange; `meanwhile` while the child stands within
/// act; `check` when act is over; `end` when the child has ended.
struct Weave {
  const char *name;
  uint32_t amounts;  ///< how much the parent may do meanwhile: 0 to amounts - 1, each is tried
  void (*arrange)(Scene &, Actor &other);
  void (*prepare)(Actor &, Scene &);
  void (*act)(Actor &, Scene &);
  void (*meanwhile)(Scene &, Actor &other, uint32_t amount);
  void (*check)(Scene &, Actor &other);
  void (*after)(Actor &, Scene &);
  void (*end)(Scene &, Actor &other);
};

/// Publishes as many frames as there is room for, then leaves half a frame in a slot on loan.
inline void publish_and_half(Scene &scene, Actor &other, uint32_t amount) {
  for (uint32_t i = 0; i < amount; i++) publish_one(scene.pub);
  other.slot = kSlots;
  if (fl_publisher_loan(&scene.pub, &other.slot) != FL_OK) return;
  paint(fl_publisher_pixels(&scene.pub, other.slot), 999, 0, kBytes / 2);
}
/// The half frame goes, and every slot that is free is written over.
inline void write_over(Scene &scene, Actor &other) {
  if (other.slot < kSlots) {
    paint(fl_publisher_pixels(&scene.pub, other.slot), 999, kBytes / 2, kBytes);
    fl_publisher_abandon(&scene.pub, other.slot);
  }
  for (uint32_t i = 0; i < 2 * kSlots; i++) publish_one(scene.pub);
}

inline void take_hold(Actor &actor, Scene &) { board->status = fl_subscriber_take(&actor.sub, &actor.frame); }
/// The taken frame is whole, still, after the producer went over all other slots.
inline void still_whole(Actor &actor, Scene &) {
  if (board->status == FL_E_FRAME) found("taken frame %llu has a senseless header", (unsigned long long)actor.frame.seq);
  if (board->status != FL_OK) return;
  expect_whole(actor.frame, "taken frame");
  fl_subscriber_release(&actor.sub, &actor.frame);
  uint64_t last = actor.frame.seq;
  while (take(actor.sub, actor.frame, "taken later") == FL_OK) {
    if (actor.frame.seq <= last) found("frame %llu came twice", (unsigned long long)actor.frame.seq);
    last = actor.frame.seq;
    fl_subscriber_release(&actor.sub, &actor.frame);
  }
  if (actor.sub.lossless && actor.sub.missed > 0) found("a lossless reader missed %llu frames", (unsigned long long)actor.sub.missed);
  fl_subscriber_close(&actor.sub);
}
inline void audit_end(Scene &scene, Actor &) { audit(scene); }

/// As before, but nobody else holds anything: the ring turns round freely.
inline void alone_lossy(Scene &scene, Actor &) {
  live_lossy(scene);
  scene.release_held();
  publish_one(scene.pub);
}
inline void alone_lossless(Scene &scene, Actor &) {
  live_lossless(scene);
  scene.release_held();
  drain(scene);
}
/// A reader that has begun: from now on it must not miss any.
inline void reader_underway(Actor &actor, Scene &scene) {
  become_reader(actor, scene);
  take_release(actor, scene);
}
inline void survivor_in_step(Scene &scene, Actor &other, uint32_t amount) {
  for (uint32_t i = 0; i < amount; i++) {
    publish_one(scene.pub);
    drain(scene);
  }
  publish_and_half(scene, other, 0);
}
inline void write_over_in_step(Scene &scene, Actor &other) {
  drain(scene);
  write_over(scene, other);
  drain(scene);
}

inline void live_lossy_other(Scene &scene, Actor &) { live_lossy(scene); }
inline void dead_lossy_other(Scene &scene, Actor &) { dead_lossy(scene); }
inline void no_ring(Scene &, Actor &) {}

/// Frame 1 is held since long ago, and the frames that followed it are gone.
inline void old_frame_held(Scene &scene, Actor &) {
  live_lossless(scene);
  for (uint32_t i = 0; i < 2 * kSlots; i++) {
    drain(scene);
    scene.known = publish_one(scene.pub);
  }
  drain(scene);
}

// ---- the other way round: the child produces, the parent reads

inline void two_readers(Scene &scene, Actor &other) {
  live_lossy(scene);
  scene.release_held();
  subscribe(other.sub, FL_LATEST, FL_NEWEST);
  for (int i = 0; i < 3; i++) publish_one(scene.pub);
  drop_dead(scene.pub);
}
inline void take_both(Scene &scene, Actor &other, uint32_t) {
  if (take(scene.survivor, scene.held, "every") == FL_E_FRAME) scene.held.data = nullptr;
  if (take(other.sub, other.frame, "latest") != FL_OK) other.frame.data = nullptr;
}
inline void check_both(Scene &scene, Actor &other) {
  scene.check_held("after the publish");
  if (other.frame.data != nullptr) expect_whole(other.frame, "latest, after the publish");
}
inline void publish_round(Actor &actor, Scene &) {
  for (uint32_t i = 0; i < 2 * kSlots; i++) publish_one(actor.pub);
}
inline void end_both(Scene &scene, Actor &other) {
  check_both(scene, other);
  fl_subscriber_close(&other.sub);
  scene.release_held();
  if (scene.lossless && scene.survivor.missed > 0) found("a lossless reader missed frames");
  audit(scene);
}
inline void two_lossless_readers(Scene &scene, Actor &other) {
  live_lossless(scene);
  scene.release_held();
  subscribe(other.sub, FL_LATEST, FL_NEWEST);
  drop_dead(scene.pub);
}

// ---- wakes: whoever is about to sleep must see its futex word changed when there is something for it

/// Only the child has not taken frame 1 yet; the producer has not looked for a slot.
inline void full_for_child(Scene &scene, Actor &) {
  live_lossless(scene);
  scene.release_held();
  scene.known = publish_one(scene.pub);
  drain(scene);
}
inline void loan_in_vain(Scene &scene, Actor &other, uint32_t) {
  other.slot = kSlots;
  board->status = fl_publisher_loan(&scene.pub, &other.slot);
}
inline void producer_woken(Scene &scene, Actor &other) {
  if (board->status == FL_OK) fl_publisher_abandon(&scene.pub, other.slot);
  if (board->status != FL_AGAIN) return;
  uint32_t now = fl__load32(fl__at(&scene.pub.map, FL_AT_ADVANCE));
  if (now == scene.pub.advance_seen) found("the producer sleeps although a slot is free");
}

inline void loan_and_tell(Actor &actor, Scene &) {
  board->status = fl_publisher_loan(&actor.pub, &actor.slot);
  board->seen = actor.pub.advance_seen;
}
inline void full_for_survivor(Scene &scene, Actor &) {
  live_lossless(scene);
  scene.release_held();
  publish_one(scene.pub);
  scene.known = publish_one(scene.pub);
  drop_dead(scene.pub);
}
inline void survivor_moves_on(Scene &scene, Actor &, uint32_t) {
  fl_frame frame;
  for (int i = 0; i < 2; i++) {
    if (take(scene.survivor, frame, "survivor") == FL_OK) fl_subscriber_release(&scene.survivor, &frame);
  }
}
inline void child_woken(Scene &scene, Actor &) {
  uint32_t now = fl__load32(fl__at(&scene.survivor.map, FL_AT_ADVANCE));
  if (board->status == FL_AGAIN && now == board->seen) found("the producer sleeps although a slot is free");
}
inline void nothing(Actor &, Scene &) {}
inline void last_words(Actor &actor, Scene &) {
  if (board->status == FL_OK) fl_publisher_abandon(&actor.pub, actor.slot);
}

inline void look_and_tell(Actor &actor, Scene &scene) {
  take_hold(actor, scene);
  board->seen = actor.sub.notify_seen;
}
inline void publish_some(Scene &scene, Actor &, uint32_t amount) {
  for (uint32_t i = 0; i < amount; i++) publish_one(scene.pub);
}
inline void reader_woken(Scene &scene, Actor &) {
  uint32_t now = fl__load32(fl__at(&scene.pub.map, FL_AT_NOTIFY));
  bool something = fl__seq(scene.pub.latest) > scene.known;
  if (something && board->status == FL_AGAIN && now == board->seen) found("a reader sleeps although there is a frame");
}
inline void reader_at_end(Actor &actor, Scene &scene) {
  attach_newest(actor, scene);
  take_release(actor, scene);
}
inline void close_meanwhile(Scene &scene, Actor &, uint32_t) { fl_publisher_close(&scene.pub, false); }
inline void reader_sees_end(Scene &scene, Actor &) {
  uint32_t now = fl__load32(fl__at(&scene.survivor.map, FL_AT_NOTIFY));
  if (board->status == FL_AGAIN && now == board->seen) found("a reader sleeps although the ring was closed");
}
inline void end_closed(Scene &scene, Actor &) {
  scene.release_held();
  finish(scene);
}
inline void look_at_publish(Scene &scene, Actor &other, uint32_t) {
  other.slot = static_cast<uint32_t>(take(other.sub, other.frame, "other"));
  if (other.slot == FL_OK) fl_subscriber_release(&other.sub, &other.frame);
  (void)scene;
}
inline void other_at_end(Scene &scene, Actor &other) {
  dead_lossy(scene);
  subscribe(other.sub, FL_EVERY, FL_NEWEST);
  fl_subscriber_take(&other.sub, &other.frame);
  fl_subscriber_release(&other.sub, &other.frame);
}
inline void other_woken(Scene &, Actor &other) {
  uint32_t now = fl__load32(fl__at(&other.sub.map, FL_AT_NOTIFY));
  if (other.slot == FL_AGAIN && now == other.sub.notify_seen) found("a reader sleeps although there is a frame");
}
inline void publish_once(Actor &actor, Scene &) { publish_one(actor.pub); }
inline void end_other(Scene &scene, Actor &other) {
  fl_subscriber_close(&other.sub);
  audit(scene);
}

// ---- attaching and opening against each other

inline void attach_meanwhile(Scene &scene, Actor &other, uint32_t) {
  // Within its few microseconds the child has the attach lock, and we would wait for it for ever.
  if (!fl__locked(scene.pub.map.fd, FL_LOCK_ATTACH)) subscribe(other.sub, FL_EVERY, FL_OLDEST);
}
inline void own_seats(Scene &scene, Actor &other) {
  if (fl_publisher_readers(&scene.pub, false) != (other.sub.map.base == nullptr ? 2u : 3u)) found("two readers share a seat");
}
inline void take_from_start(Actor &actor, Scene &scene) {
  take_hold(actor, scene);
  still_whole(actor, scene);
}
inline void open_quietly(Actor &actor, uint64_t capacity) {
  fl_publisher_options options = ring_options(false, capacity);
  board->status = fl_publisher_open(&actor.pub, kName, &options);
}
inline void open_same(Actor &actor, Scene &) { open_quietly(actor, 64); }
inline void open_larger(Actor &actor, Scene &) { open_quietly(actor, 100); }
template <uint64_t Capacity>
void open_other(Scene &scene, Actor &other, uint32_t) {
  fl_publisher_options options = ring_options(false, Capacity);
  int status = fl_publisher_open(&other.pub, kName, &options);
  if (status != FL_OK && status != FL_E_BUSY) found("opening against another producer: %s", fl_status_text(status));
  scene.known = 0;
}
inline void open_and_tell(Actor &actor, Scene &scene) {
  open_same(actor, scene);
  board->seen = board->status == FL_OK && fl__still_named(&actor.pub.map);
}
inline void child_findable(Scene &, Actor &) {
  if (board->status == FL_OK && board->seen == 0) found("a producer has a ring that nobody can find");
}
inline void findable(Scene &, Actor &other) {
  if (other.pub.map.base != nullptr && !fl__still_named(&other.pub.map)) found("a producer has a ring that nobody can find");
}
inline void one_producer(Scene &scene, Actor &other) {
  findable(scene, other);
  bool ours = other.pub.map.base != nullptr, theirs = board->status == FL_OK;
  if (board->status != FL_OK && board->status != FL_E_BUSY) found("opening failed: %s", fl_status_text(board->status));
  if (ours && theirs) found("two producers have the ring");
  if (!ours && !theirs) found("nobody has the ring");
}
/// Both may have had it, one after the other, if the first closed it. Whoever has it now hands it on.
inline void end_open(Scene &scene, Actor &other) {
  if (other.pub.map.base != nullptr) drop_dead(other.pub);
  audit(scene);
}
inline void close_it(Actor &actor, Scene &scene) {
  close_ring(actor, scene);
  board->status = FL_E_BUSY;
}

inline const Weave weaves[] = {
    {"take, producer goes round", kSlots + 2, alone_lossy, become_reader, take_hold, publish_and_half, write_over, still_whole, audit_end},
    {"take the latest, producer goes round", kSlots + 2, alone_lossy, become_latest, take_hold, publish_and_half, write_over, still_whole, audit_end},
    {"lossless take, producer goes on", kSlots + 2, alone_lossless, reader_underway, take_hold, survivor_in_step, write_over_in_step, still_whole, audit_end},
    {"lossless attach, producer goes on", kSlots + 2, alone_lossless, nothing, attach, survivor_in_step, write_over_in_step, take_from_start, audit_end},
    {"lossless attach at the newest, producer goes on", kSlots + 2, alone_lossless, nothing, attach_newest, survivor_in_step, write_over_in_step, take_from_start, audit_end},
    {"lossless attach beside an old frame", kSlots + 2, old_frame_held, nothing, attach, survivor_in_step, write_over_in_step, take_from_start, audit_end},
    {"publish, readers take", 1, two_readers, become_producer, publish_once, take_both, check_both, publish_round, end_both},
    {"lossless publish, readers take", 1, two_lossless_readers, become_producer, publish_once, take_both, check_both, publish_round, end_both},
    {"lossless take, producer finds no slot", 1, full_for_child, become_reader, take_release, loan_in_vain, producer_woken, nothing, audit_end},
    {"lossless detach, producer finds no slot", 1, full_for_child, become_reader, detach, loan_in_vain, producer_woken, nothing, audit_end},
    {"find no slot, reader moves on", 1, full_for_survivor, become_producer, loan_and_tell, survivor_moves_on, child_woken, last_words, audit_end},
    {"find no frame, producer publishes", 3, live_lossy_other, reader_at_end, look_and_tell, publish_some, reader_woken, nothing, audit_end},
    {"find no frame, producer closes", 1, live_lossy_other, reader_at_end, look_and_tell, close_meanwhile, reader_sees_end, nothing, end_closed},
    {"publish, reader finds no frame", 1, other_at_end, become_producer, publish_once, look_at_publish, other_woken, nothing, end_other},
    {"attach against attach", 1, live_lossy_other, nothing, attach, attach_meanwhile, own_seats, nothing, end_other},
    {"create against create", 1, no_ring, nothing, open_same, open_other<64>, one_producer, nothing, end_open},
    {"take over against take over", 1, dead_lossy_other, nothing, open_same, open_other<64>, one_producer, nothing, end_open},
    {"take over against replace", 1, dead_lossy_other, nothing, open_same, open_other<100>, one_producer, nothing, end_open},
    {"replace against take over", 1, dead_lossy_other, nothing, open_larger, open_other<64>, one_producer, nothing, end_open},
    {"replace against replace", 1, dead_lossy_other, nothing, open_larger, open_other<100>, one_producer, nothing, end_open},
    {"open against close", 1, live_lossy_other, nothing, open_and_tell, close_meanwhile, child_findable, nothing, audit_end},
    {"close against open", 1, dead_lossy_other, become_producer, close_it, open_other<64>, findable, nothing, end_open},
};

}  // namespace faults
