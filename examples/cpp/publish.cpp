// Publishes a moving gradient, 640 x 480 gray16le, without losing a frame: waits for a reader, then for slow readers.
//
//     publish RING [FRAMES]
#include "framelane.h"

#include <iostream>

namespace {

volatile sig_atomic_t stop;

void paint(framelane::Loan &loan, std::uint64_t number) {
  for (std::uint32_t y = 0; y < loan.rows(); y++) {
    auto *row = reinterpret_cast<std::uint16_t *>(loan.data() + std::size_t{y} * loan.stride());
    for (std::uint32_t x = 0; x < loan.row_bytes() / 2; x++) row[x] = static_cast<std::uint16_t>(64 * (x + y + number));
  }
}

void run(const std::string &name, std::uint64_t frames) {
  fl_publisher_options options = {};
  options.capacity = 640 * 480 * 2;
  options.lossless = true;
  options.stop = &stop;
  framelane::Publisher ring(name, options);
  ring.wait_readers(1, true);
  for (std::uint64_t number = 1; number <= frames && !stop; number++) {
    framelane::Loan loan = ring.loan(FL_GRAY16LE, 640, 480);
    if (!loan) break;  // stopped
    paint(loan, number);
    loan.set("camera", "gradient").set("number", number).publish();
  }
}

}  // namespace

int main(int count, char **words) try {
  if (count < 2) throw std::invalid_argument("usage: publish RING [FRAMES]");
  signal(SIGINT, [](int) { stop = 1; });
  signal(SIGTERM, [](int) { stop = 1; });
  run(words[1], count > 2 ? std::stoull(words[2]) : UINT64_MAX);
  return 0;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
