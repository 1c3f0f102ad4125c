// Checks of include/framelane_qt.h: `checks` lists them, `checks NAME RING` runs one; `checks send RING` sends an image
// of every format and prints them, for readers in other languages; `checks receive RING` prints what it takes.
#include "check.h"
#include "framelane_qt.h"

#include <QtGui/QPainter>

#include <atomic>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace {

using framelane::Error;
using framelane::qt::Canvas;
using framelane::qt::Receiver;
using framelane::qt::Sender;
using framelane::qt::SenderOptions;

SenderOptions options_of(std::uint32_t slot_count, bool lossless = false) {
  SenderOptions options;
  options.capacity = 64 * 64 * 8;
  options.slot_count = slot_count;
  options.lossless = lossless;
  return options;
}

fl_publisher_options ring_of(std::uint64_t capacity) {
  fl_publisher_options options = {};
  options.capacity = capacity;
  return options;
}

int status_of(const std::function<void()> &action) {
  try {
    action();
  } catch (const Error &error) {
    return error.status();
  }
  return FL_OK;
}

// Colours all over, the same in every run.
QImage picture(QImage::Format format, int width, int height, unsigned seed = 1) {
  QImage image(width, height, QImage::Format_ARGB32);
  unsigned state = seed * 2654435761u + 1;
  for (int y = 0; y < height; y++) {
    for (int i = 0; i < image.bytesPerLine(); i++) {
      state = state * 1664525u + 1013904223u;
      image.scanLine(y)[i] = static_cast<uchar>(state >> 24);
    }
  }
  return image.convertToFormat(format);
}

QVector<QImage> pictures(int count) {
  QVector<QImage> images;
  for (int i = 0; i < count; i++) images << picture(QImage::Format_RGB32, 16, 8, static_cast<unsigned>(i));
  return images;
}

// Whether an image's pixels lie in the ring's file, mapped into this process.
bool lies_in_ring(const QImage &image, const char *ring) {
  std::ifstream maps("/proc/self/maps");
  auto at = reinterpret_cast<std::uintptr_t>(image.constBits());
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    std::istringstream(line) >> std::hex >> from >> dash >> to;
    if (at >= from && at < to) return line.find(std::string("framelane.") + ring) != std::string::npos;
  }
  return false;
}

void every_format_comes_back(const char *ring) {
  Sender sender(ring, options_of(8));
  Receiver receiver(ring);
  for (int number = QImage::Format_Mono; number < QImage::NImageFormats; number++) {
    auto format = static_cast<QImage::Format>(number);
    for (int width : {1, 7, 16}) {
      QImage image = picture(format, width, 5);
      CHECK(sender.send(image));
      QImage seen = receiver.next(0);
      bool same = framelane::qt::frame_format(format).has_value();
      CHECK(seen.format() == (same ? format : framelane::qt::sendable(image).format()));
      CHECK(seen == framelane::qt::sendable(image));
      CHECK(lies_in_ring(seen, ring));
    }
  }
}

// Eight bits and less come through conversion as they are.
void conversion_loses_nothing_of_eight_bits(const char *) {
  for (QImage::Format format : {QImage::Format_Mono, QImage::Format_MonoLSB, QImage::Format_Indexed8, QImage::Format_RGB16,
                                QImage::Format_RGB555, QImage::Format_RGB444, QImage::Format_RGB666}) {
    QImage image = picture(format, 9, 4);
    QImage sent = framelane::qt::sendable(image);
    CHECK(framelane::qt::frame_format(sent.format()).has_value());
    for (int y = 0; y < 4; y++) {
      for (int x = 0; x < 9; x++) CHECK(sent.pixel(x, y) == image.pixel(x, y));
    }
  }
  QImage gray(4, 4, QImage::Format_Indexed8); /* no palette: its numbers are gray */
  gray.fill(77);
  CHECK(framelane::qt::sendable(gray).format() == QImage::Format_Grayscale8);
  CHECK(framelane::qt::sendable(gray).constScanLine(0)[3] == 77);
}

void a_canvas_is_drawn_in_place(const char *ring) {
  Sender sender(ring);
  Canvas canvas = sender.paint(33, 17);
  CHECK(canvas && canvas.image().constBits() == canvas.loan().data());
  canvas.image().fill(Qt::blue);
  QPainter(&canvas.image()).fillRect(0, 0, 5, 5, Qt::red);
  canvas.loan().set("exposure_ms", 2.5);
  Receiver receiver(ring);
  CHECK(canvas.publish() == 1 && canvas.image().isNull());
  QImage seen = receiver.next(0);
  CHECK(seen.format() == QImage::Format_RGB32 && seen.pixelColor(4, 4) == QColor(Qt::red));
  CHECK(seen.pixelColor(5, 5) == QColor(Qt::blue));
  { Canvas given_back = sender.paint(33, 17); }
  CHECK(receiver.next(0).isNull() && !receiver.closed());
  sender.close();
  CHECK(receiver.next().isNull() && receiver.closed());
}

void a_copy_of_the_canvas_image_is_refused(const char *ring) {
  Sender sender(ring, options_of(3));
  Canvas canvas = sender.paint(4, 4);
  QImage copy = canvas.image();
  CHECK(status_of([&] { canvas.publish(); }) == FL_E_ARGUMENT);
  copy = QImage();
  CHECK(canvas.publish() == 1);
}

void writing_into_a_held_image_changes_a_copy(const char *ring) {
  Sender sender(ring, options_of(4));
  Receiver first(ring), second(ring);
  sender.send(picture(QImage::Format_RGB32, 8, 8));
  QImage mine = first.next(), theirs = second.next();
  CHECK(mine.constBits() != theirs.constBits() && mine == theirs);
  mine.fill(Qt::black);
  CHECK(!lies_in_ring(mine, ring) && lies_in_ring(theirs, ring) && mine != theirs);
}

void a_list_goes_in_one_call(const char *ring) {
  QVector<QImage> images = pictures(10);
  Sender sender(ring);
  CHECK(sender.send(images) == 10);
  fl_subscriber_options oldest = {};
  oldest.start = FL_OLDEST;
  Receiver receiver(ring, oldest);
  QVector<QImage> seen = receiver.next_list(1000);
  CHECK(seen == images);
  for (const QImage &image : seen) CHECK(lies_in_ring(image, ring));
}

void a_list_longer_than_can_be_held_is_copied(const char *ring) {
  QVector<QImage> images = pictures(40), seen;
  Sender sender(ring, options_of(4, true));
  Receiver receiver(ring);
  std::thread sending([&] { sender.send(images); });
  seen = receiver.next_list(5000);
  sending.join();
  CHECK(seen == images && !lies_in_ring(seen[0], ring));
}

void an_incomplete_list_is_passed_over(const char *ring) {
  QVector<QImage> images = pictures(4);
  Sender sender(ring, options_of(4));
  Receiver receiver(ring);
  sender.send(images); /* the ring overwrites what nobody has taken */
  sender.send(images);
  sender.send(images[0]);
  QVector<QImage> seen = receiver.next_list(0);
  CHECK(seen.size() == 1 && seen[0] == images[0]);
  CHECK(receiver.next_list(0).isEmpty());
}

void twelve_images_can_be_held(const char *ring) {
  Sender sender(ring, options_of(20));
  Receiver receiver(ring);
  QVector<QImage> held;
  for (int i = 0; i < FL_PINS; i++) {
    sender.send(picture(QImage::Format_Grayscale8, 8, 8));
    held << receiver.next(0);
  }
  sender.send(picture(QImage::Format_Grayscale8, 8, 8));
  CHECK(status_of([&] { receiver.next(0); }) == FL_E_HELD);
  held.removeFirst();
  CHECK(!receiver.next(0).isNull());
}

void images_outlive_their_receiver(const char *ring) {
  QImage kept, other;
  Sender sender(ring, options_of(8));
  {
    Receiver receiver(ring);
    sender.send(picture(QImage::Format_RGB888, 9, 9));
    sender.send(picture(QImage::Format_RGB888, 9, 9));
    kept = receiver.next(0);
    other = receiver.next(0);
  }
  CHECK(kept == picture(QImage::Format_RGB888, 9, 9) && lies_in_ring(kept, ring));
  std::thread([&] { other = QImage(); }).join();
}

// The producer waits for slots that only other threads give back, while the reader waits for the producer.
void images_may_die_in_any_thread(const char *ring) {
  constexpr int kFrames = 300;
  Sender sender(ring, options_of(3, true));
  Receiver receiver(ring);
  std::mutex mutex;
  QVector<QImage> handed;
  std::atomic<bool> over{false};
  std::thread sending([&] {
    for (int i = 0; i < kFrames; i++) CHECK(sender.send(picture(QImage::Format_Grayscale8, 8, 8), 10000));
    sender.close();
  });
  std::thread ending([&] {
    while (!over) {
      std::lock_guard<std::mutex> guard(mutex);
      handed.clear();
    }
  });
  int taken = 0;
  for (QImage image = receiver.next(); !image.isNull(); image = receiver.next(10000), taken++) {
    std::lock_guard<std::mutex> guard(mutex);
    handed << image;
    image = QImage();
  }
  over = true;
  sending.join();
  ending.join();
  CHECK(taken == kFrames && receiver.missed() == 0);
}

void frames_that_are_no_images_are_refused(const char *ring) {
  framelane::Publisher publisher(ring, ring_of(4096));
  Receiver receiver(ring);
  publisher.loan(FL_NV12, 8, 8).publish();
  publisher.loan(FL_RGB24, 5, 4).publish(); /* rows of 15 bytes, as other languages write them */
  CHECK(status_of([&] { receiver.next(0); }) == FL_E_FRAME);
  QImage image = receiver.next(0);
  CHECK(image.format() == QImage::Format_RGB888 && image.bytesPerLine() == 15);
  CHECK(framelane::qt::image_format(FL_YUYV422) == QImage::Format_Invalid);
  CHECK(status_of([&] { Sender taken(ring, options_of(4)); }) == FL_E_BUSY);
}

void a_count_that_lies_is_refused(const char *ring) {
  framelane::Publisher publisher(ring, ring_of(4096));
  Receiver receiver(ring);
  publisher.loan(FL_GRAY8, 8, 8).set("qt.index", 0).set("qt.count", INT64_MAX).publish();
  CHECK(status_of([&] { receiver.next_list(0); }) == FL_E_FRAME);
  publisher.loan(FL_GRAY8, 8, 8).set("qt.index", -1).set("qt.count", -7).publish();
  publisher.loan(FL_GRAY8, 8, 8).set("qt.index", 0).set("qt.count", -7).publish();
  CHECK(receiver.next_list(0).size() == 1);
}

void bad_images_are_refused(const char *ring) {
  Sender sender(ring, options_of(3));
  CHECK(status_of([&] { sender.send(QImage()); }) == FL_E_ARGUMENT);
  CHECK(status_of([&] { sender.paint(4, 4, QImage::Format_Mono); }) == FL_E_ARGUMENT);
  CHECK(status_of([&] { sender.paint(0, 4); }) == FL_E_ARGUMENT);
  CHECK(status_of([&] { sender.paint(70000, 1); }) == FL_E_ARGUMENT);
  CHECK(status_of([&] { sender.paint(1000, 1000); }) == FL_E_TOO_LARGE);
  CHECK(sender.send(QVector<QImage>()) == 0);
}

void print(const QImage &image) {
  std::printf("%d %d %d ", image.format(), image.width(), image.height());
  for (int y = 0; y < image.height(); y++) {
    for (int i = 0; i < (image.width() * image.depth() + 7) / 8; i++) std::printf("%02x", image.constScanLine(y)[i]);
  }
  std::printf("\n");
  std::fflush(stdout);
}

int send_all(const char *ring) {
  Sender sender(ring, options_of(32, true));
  sender.open(0).wait_readers(1);
  for (const auto &pair : framelane::qt::detail::kFormats) {
    QImage image = picture(pair.image, 7, 5);
    print(image);
    sender.send(image);
  }
  return 0;
}

int receive_all(const char *ring) {
  Receiver receiver(ring, {}, 10000);
  for (QImage image = receiver.next(); !image.isNull(); image = receiver.next()) print(image);
  return 0;
}

}  // namespace

int main(int words, char **word) {
  static const check checks[] = {
      {"every-format-comes-back", every_format_comes_back},
      {"conversion-loses-nothing-of-eight-bits", conversion_loses_nothing_of_eight_bits},
      {"a-canvas-is-drawn-in-place", a_canvas_is_drawn_in_place},
      {"a-copy-of-the-canvas-image-is-refused", a_copy_of_the_canvas_image_is_refused},
      {"writing-into-a-held-image-changes-a-copy", writing_into_a_held_image_changes_a_copy},
      {"a-list-goes-in-one-call", a_list_goes_in_one_call},
      {"a-list-longer-than-can-be-held-is-copied", a_list_longer_than_can_be_held_is_copied},
      {"an-incomplete-list-is-passed-over", an_incomplete_list_is_passed_over},
      {"twelve-images-can-be-held", twelve_images_can_be_held},
      {"images-outlive-their-receiver", images_outlive_their_receiver},
      {"images-may-die-in-any-thread", images_may_die_in_any_thread},
      {"frames-that-are-no-images-are-refused", frames_that_are_no_images_are_refused},
      {"a-count-that-lies-is-refused", a_count_that_lies_is_refused},
      {"bad-images-are-refused", bad_images_are_refused},
  };
  if (words == 3 && strcmp(word[1], "send") == 0) return send_all(word[2]);
  if (words == 3 && strcmp(word[1], "receive") == 0) return receive_all(word[2]);
  return run_checks(checks, sizeof checks / sizeof *checks, words, word);
}
