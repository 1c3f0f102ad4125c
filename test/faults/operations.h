// The operations that are cut short by a kill: what is there before, and what the child does between its markers.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "audit.h"
#include "traced.h"

namespace faults {

/// What one process has in its hands.
struct Actor {
  fl_publisher pub = {};
  fl_subscriber sub = {};
  fl_frame frame = {};
  uint32_t slot = 0;
};

struct Operation {
  const char *name;
  void (*arrange)(Scene &);
  void (*prepare)(Actor &, Scene &);  ///< in the child, at full speed
  void (*act)(Actor &, Scene &);      ///< in the child, step by step
};

inline void live_lossy(Scene &scene) { scene.begin(false, 3); }
inline void live_lossless(Scene &scene) { scene.begin(true, 3); }
inline void dead_lossy(Scene &scene) {
  live_lossy(scene);
  drop_dead(scene.pub);
}
inline void dead_lossless(Scene &scene) {
  live_lossless(scene);
  drop_dead(scene.pub);
}
inline void dead_drained(Scene &scene) {
  live_lossless(scene);
  drain(scene);
  drop_dead(scene.pub);
}
/// A full lossless ring whose producer has said that it waits.
inline void waiting_lossless(Scene &scene) {
  scene.begin(true, 3);
  uint32_t slot;
  scene.known = publish_one(scene.pub);
  if (fl_publisher_loan(&scene.pub, &slot) != FL_AGAIN) found("a slot was free");
}

inline void become_producer(Actor &actor, Scene &scene) { open_publisher(actor.pub, scene.lossless); }
inline void become_reader(Actor &actor, Scene &) { subscribe(actor.sub, FL_EVERY, FL_OLDEST); }
inline void become_latest(Actor &actor, Scene &) { subscribe(actor.sub, FL_LATEST, FL_NEWEST); }
inline void fill(Actor &actor, Scene &scene) {
  become_producer(actor, scene);
  publish_one(actor.pub);
}
/// The child has found no slot and said so, because of a reader that has left since.
inline void fill_and_wait(Actor &actor, Scene &scene) {
  fill(actor, scene);
  become_reader(actor, scene);
  if (fl_publisher_loan(&actor.pub, &actor.slot) != FL_AGAIN) found("a slot was free");
  fl_subscriber_close(&actor.sub);
}

inline void publish_twice(Actor &actor, Scene &) {
  fl_publisher_loan(&actor.pub, &actor.slot);
  fl_publisher_abandon(&actor.pub, actor.slot);
  publish_one(actor.pub);
}
inline void loan(Actor &actor, Scene &) { fl_publisher_loan(&actor.pub, &actor.slot); }
inline void take_release(Actor &actor, Scene &) {
  if (fl_subscriber_take(&actor.sub, &actor.frame) == FL_OK) fl_subscriber_release(&actor.sub, &actor.frame);
}
inline void attach(Actor &actor, Scene &scene) { become_reader(actor, scene); }
inline void attach_newest(Actor &actor, Scene &) { subscribe(actor.sub, FL_EVERY, FL_NEWEST); }
inline void detach(Actor &actor, Scene &) { fl_subscriber_close(&actor.sub); }
inline void take_over(Actor &actor, Scene &scene) { open_publisher(actor.pub, scene.lossless); }
inline void replace(Actor &actor, Scene &scene) { open_publisher(actor.pub, scene.lossless, 100); }
inline void close_ring(Actor &actor, Scene &) { fl_publisher_close(&actor.pub, false); }
inline void expect_replaced(Scene &scene) {
  dead_lossy(scene);
  scene.known = 0;  // the ring that follows may be another one
}

inline const Operation operations[] = {
    {"publish", dead_lossy, become_producer, publish_twice},
    {"publish lossless", dead_lossless, become_producer, publish_twice},
    {"loan of a full lossless ring", dead_lossless, fill, loan},
    {"loan again after waiting", dead_drained, fill_and_wait, loan},
    {"take and release", live_lossy, become_reader, take_release},
    {"take the latest and release", live_lossy, become_latest, take_release},
    {"take and release, producer waits", waiting_lossless, become_reader, take_release},
    {"attach", live_lossy, nullptr, attach},
    {"attach lossless", waiting_lossless, nullptr, attach},
    {"attach lossless at the newest", waiting_lossless, nullptr, attach_newest},
    {"detach", waiting_lossless, become_reader, detach},
    {"create", [](Scene &) {}, nullptr, take_over},
    {"take over", dead_lossy, nullptr, take_over},
    {"replace", expect_replaced, nullptr, replace},
    {"close", dead_lossy, become_producer, close_ring},
};

}  // namespace faults
