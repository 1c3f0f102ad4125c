// Every operation of include/framelane.h, stopped at every instruction.
//
//   stepper kill OPERATION STRIDE OFFSET    kills the process there, then looks whether the ring is as promised
//   stepper weave SCENE STRIDE OFFSET       lets another process act there, goes on, then looks at both
//   stepper list                            the operations and scenes
//
// Prints one line of JSON: {"name", "points", "runs", "reached", "findings", "first"}. Points are instructions;
// reached are the runs that stood at theirs (the others had taken another branch). Run it with FRAMELANE_SHM_DIR set
// to an empty folder.
// SPDX-License-Identifier: Apache-2.0
#include "operations.h"
#include "weaves.h"

#include <dirent.h>

using namespace faults;

namespace {

const char *running = "";
uint32_t at_point = 0;

void on_alarm(int) {
  char line[200];
  int length = snprintf(line, sizeof line,
                        "{\"name\":\"%s\",\"points\":%u,\"runs\":0,\"reached\":0,\"findings\":1,\"first\":\"it hangs\"}\n", running, at_point);
  if (write(1, line, static_cast<size_t>(length)) < 0) _exit(4);
  _exit(0);
}

/// Nothing may be left in the folder; what is, goes, so that the next run starts clean.
void check_folder() {
  DIR *folder = opendir(fl__folder());
  if (folder == nullptr) return found("the folder is gone");
  while (dirent *entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    found("%s was left behind", entry->d_name);
    unlinkat(dirfd(folder), entry->d_name, 0);
  }
  closedir(folder);
}

/// A process that is stopped at a point of one operation while the parent does something.
struct Experiment {
  const Operation *operation = nullptr;
  const Weave *weave = nullptr;
  uint32_t amount = 0;
  Scene scene;
  Actor child, other;

  void arrange() { operation != nullptr ? operation->arrange(scene) : weave->arrange(scene, other); }

  /// The child's side.
  void perform() {
    auto prepare = operation != nullptr ? operation->prepare : weave->prepare;
    if (prepare != nullptr) prepare(child, scene);
    marker();
    operation != nullptr ? operation->act(child, scene) : weave->act(child, scene);
    marker();
    if (weave != nullptr) weave->after(child, scene);
  }

  /// The parent's side; `within`: the child stands inside the operation, not behind it.
  void disturb(Traced &process, bool within) {
    if (operation != nullptr) return process.kill();
    weave->meanwhile(scene, other, amount);
    if (within) process.run();
    weave->check(scene, other);
    process.run();
  }

  void judge() {
    operation != nullptr ? audit(scene) : weave->end(scene, other);
    check_folder();
  }
};

/// The instructions of the operation, undisturbed.
std::vector<Point> record(Experiment experiment) {
  std::vector<Point> points;
  experiment.arrange();
  {
    Traced child([&] { experiment.perform(); });
    points = child.record();
    experiment.disturb(child, false);
  }
  experiment.judge();
  return points;
}

/// Disturbs the operation once: before instruction `at`, or, if it has fewer, when it is over. Whether it was before.
bool disturb(Experiment experiment, const std::vector<Point> &points, size_t at) {
  bool within = at < points.size();
  experiment.arrange();
  {
    Traced child([&] { experiment.perform(); });
    if (within) {
      within = child.go_to(points[at]);
    } else {
      child.run();
    }
    experiment.disturb(child, within);
  }
  experiment.judge();
  return within;
}

void report(const char *name, size_t points, uint32_t runs, uint32_t reached) {
  const char *form = "{\"name\":\"%s\",\"points\":%zu,\"runs\":%u,\"reached\":%u,\"findings\":%u,\"first\":\"";
  printf(form, name, points, runs, reached, board->findings);
  if (board->findings > 0) printf("at instruction %u: %s", at_point, board->first);
  printf("\"}\n");
}

/// Every `stride`th point with every amount; from the end on, where memory is written that others see. One broken
/// promise ends it: that is enough to know.
void campaign(const char *name, const Experiment &sample, uint32_t amounts, uint32_t stride, uint32_t offset) {
  uint32_t runs = 1, reached = 0;  // the recording counts
  running = name;
  *board = {};
  alarm(60);
  std::vector<Point> points = record(sample);
  for (uint32_t amount = 0; amount < amounts && board->findings == 0; amount++) {
    for (size_t back = offset % stride; back <= points.size() && board->findings == 0; back += stride, runs++) {
      size_t at = points.size() - back;
      at_point = static_cast<uint32_t>(at);
      alarm(20);
      Experiment experiment = sample;
      experiment.amount = amount;
      board->status = FL_AGAIN;
      reached += disturb(experiment, points, at);
    }
  }
  report(name, points.size(), runs, reached);
}

int list() {
  for (const Weave &weave : weaves) printf("weave %s\n", weave.name);
  for (const Operation &operation : operations) printf("kill %s\n", operation.name);
  return 0;
}

}  // namespace

int main(int count, char **words) {
  if (count == 2 && strcmp(words[1], "list") == 0) return list();
  if (count != 5) return 2;
  open_board();
  signal(SIGALRM, on_alarm);
  uint32_t stride = static_cast<uint32_t>(atoi(words[3])), offset = static_cast<uint32_t>(atoi(words[4]));
  if (stride == 0) return 2;
  for (const Operation &operation : operations) {
    if (strcmp(words[1], "kill") != 0 || strcmp(words[2], operation.name) != 0) continue;
    Experiment sample;
    sample.operation = &operation;
    campaign(operation.name, sample, 1, stride, offset);
    return 0;
  }
  for (const Weave &weave : weaves) {
    if (strcmp(words[1], "weave") != 0 || strcmp(words[2], weave.name) != 0) continue;
    Experiment sample;
    sample.weave = &weave;
    campaign(weave.name, sample, weave.amounts, stride, offset);
    return 0;
  }
  return 2;
}
