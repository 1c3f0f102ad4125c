// Counts the frames of a ring and how many were missed, until the producer closes, Ctrl-C, or as many as asked for.
//
//     subscribe RING [FRAMES]
#include "framelane.h"

#include <iostream>

namespace {

volatile sig_atomic_t stop;

void run(const std::string &name, std::uint64_t frames) {
  fl_subscriber_options options = {};
  options.stop = &stop;
  framelane::Subscriber ring(name, options, 10000);
  std::uint64_t taken = 0;
  while (taken < frames) {
    framelane::Frame frame = ring.next();
    if (!frame) break;  // the producer closed, or we were stopped
    taken++;
    std::cout << frame.sequence() << ": " << frame.width() << 'x' << frame.height() << ' '
              << fl_format_name(frame.format()) << ", first byte " << int{frame.data()[0]} << ", camera "
              << frame.get<std::string>("camera").value_or("?") << '\n';
  }  // the frame is given back here
  std::cout << taken << " frames, " << ring.missed() << " missed\n";
}

}  // namespace

int main(int count, char **words) try {
  if (count < 2) throw std::invalid_argument("usage: subscribe RING [FRAMES]");
  signal(SIGINT, [](int) { stop = 1; });
  signal(SIGTERM, [](int) { stop = 1; });
  run(words[1], count > 2 ? std::stoull(words[2]) : UINT64_MAX);
  return 0;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
