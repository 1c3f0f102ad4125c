// The Qt side of `npm run bench -- qt`: has ten images, and hands them over in the way that a line of standard input asks
// for. Prints the time at which it began, ns of CLOCK_MONOTONIC; a byte in the pipe tells Python where the way itself does
// not. Each line: WAY CONTENT.
#include <QtCore/QBuffer>
#include <QtCore/QDataStream>
#include <QtCore/QSharedMemory>

#include "framelane_qt.h"

#include <QtGui/QPainter>

#include <cstdio>
#include <fcntl.h>
#include <map>
#include <string>

namespace {

constexpr int kWidth = 1920, kHeight = 1080, kImages = 10;
using Images = QVector<QImage>;

// What a Qt program draws: a background of smooth colours, antialiased lines over it.
QImage drawing(int number) {
  QImage image(kWidth, kHeight, QImage::Format_RGB32);
  QPainter painter(&image);
  QRadialGradient colours(960 + 20 * number, 540, 1100);
  colours.setColorAt(0, Qt::yellow);
  colours.setColorAt(0.5, Qt::red);
  colours.setColorAt(1, Qt::blue);
  painter.fillRect(image.rect(), colours);
  painter.setRenderHint(QPainter::Antialiasing);
  for (int i = 0; i < 100; i++) {
    painter.setPen(QColor::fromHsv((i + number) % 360, 255, 200));
    painter.drawEllipse(QPoint(i * 137 % kWidth, i * 91 % kHeight), 20 + i % 200, 20 + i % 150);
  }
  return image;
}

// Drawings; with `noise` the lowest two bits of each colour are random, as a good camera's are. (Bytes that are random
// altogether are quicker to compress than those: there is nothing to be found.)
Images pictures(bool noise) {
  Images images;
  unsigned long long state = 88172645463325252ull;
  for (int i = 0; i < kImages; i++) {
    QImage image = drawing(i);
    auto *pixels = reinterpret_cast<unsigned *>(image.bits());
    for (int k = 0; noise && k < kWidth * kHeight; k++) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      pixels[k] = (pixels[k] & 0xfffcfcfcu) | (static_cast<unsigned>(state >> 32) & 0x030303u);
    }
    images << image;
  }
  return images;
}

void put_number(uchar *&to, qint32 number) {
  memcpy(to, &number, sizeof number);
  to += sizeof number;
}

class Sender {
 public:
  Sender(const char *key, const char *ring, const char *pipe)
      : memory_(key), ring_(ring, options()) {
    // As large as ten images can get, in any way; touched once, so that every way finds it warm.
    if (!memory_.create(kImages * (kWidth * kHeight * 4 + 100'000))) std::abort();
    memset(memory_.data(), 1, static_cast<size_t>(memory_.size()));
    warm_.resize(static_cast<size_t>(kWidth) * kHeight * 4 * kImages);
    pipe_ = open(pipe, O_WRONLY); /* Python opens it when it has attached */
  }

  void send(const std::string &way, const Images &images) {
    std::vector<framelane::qt::Canvas> canvases;
    if (way == "canvas") canvases = drawn(images);
    if (way != "memcpy" && way != "ring" && way != "canvas") memory_.lock(); /* not part of the way: nobody contends */
    std::uint64_t began = fl__monotonic();
    if (way == "qdatastream") data_stream(images);
    if (way == "png") png(images);
    if (way == "list") list(images);
    if (way == "memcpy") copy(images);
    if (way == "ring") ring_.send(images);
    for (auto &canvas : canvases) canvas.publish();
    std::uint64_t ended = fl__monotonic();
    if (way != "memcpy" && way != "ring" && way != "canvas") {
      memory_.unlock();
      if (write(pipe_, "!", 1) != 1) std::abort();
    }
    std::printf("%llu %llu\n", static_cast<unsigned long long>(began), static_cast<unsigned long long>(ended));
    std::fflush(stdout);
  }

 private:
  static framelane::qt::SenderOptions options() {
    framelane::qt::SenderOptions options;
    options.capacity = static_cast<std::uint64_t>(kWidth) * kHeight * 4;
    options.slot_count = kImages + 2;
    options.lossless = true;
    return options;
  }

  uchar *data() { return static_cast<uchar *>(memory_.data()); }

  // The question's own way: every image becomes a PNG, the whole is copied into the segment.
  void data_stream(const Images &images) {
    QBuffer buffer;
    buffer.open(QBuffer::ReadWrite);
    QDataStream stream(&buffer);
    stream << images;
    memcpy(data(), buffer.data().constData(), static_cast<size_t>(buffer.size()));
  }

  // PNG by hand: length and bytes of each.
  void png(const Images &images) {
    uchar *to = data();
    for (const QImage &image : images) {
      QBuffer buffer;
      buffer.open(QBuffer::WriteOnly);
      image.save(&buffer, "PNG");
      put_number(to, static_cast<qint32>(buffer.size()));
      memcpy(to, buffer.data().constData(), static_cast<size_t>(buffer.size()));
      to += buffer.size();
    }
  }

  void list(const Images &images) {
    uchar *to = data();
    put_number(to, static_cast<qint32>(images.size()));
    for (const QImage &image : images) {
      put_number(to, static_cast<qint32>(image.sizeInBytes()));
      put_number(to, image.width());
      put_number(to, image.height());
      put_number(to, image.format());
      put_number(to, static_cast<qint32>(image.bytesPerLine()));
      memcpy(to, image.constBits(), static_cast<size_t>(image.sizeInBytes()));
      to += image.sizeInBytes();
    }
  }

  // What no way of copying can beat: the same bytes into memory of our own.
  void copy(const Images &images) {
    uchar *to = warm_.data();
    for (const QImage &image : images) {
      memcpy(to, image.constBits(), static_cast<size_t>(image.sizeInBytes()));
      to += image.sizeInBytes();
    }
  }

  // As a program does that draws into the ring: the pixels are there before they are handed over.
  std::vector<framelane::qt::Canvas> drawn(const Images &images) {
    std::vector<framelane::qt::Canvas> canvases;
    for (const QImage &image : images) {
      canvases.push_back(ring_.paint(kWidth, kHeight));
      QPainter(&canvases.back().image()).drawImage(0, 0, image);
    }
    return canvases;
  }

  QSharedMemory memory_;
  framelane::qt::Sender ring_;
  int pipe_ = -1;
  std::vector<uchar> warm_;
};

}  // namespace

int main(int count, char **words) {  // KEY RING PIPE
  if (count < 4) return 2;
  const std::map<std::string, Images> contents = {{"noisy", pictures(true)}, {"clean", pictures(false)}};
  Sender sender(words[1], words[2], words[3]);
  std::printf("Qt %s\n", qVersion());
  std::fflush(stdout);
  char way[32], content[32];
  while (std::scanf("%31s %31s", way, content) == 2) sender.send(way, contents.at(content));
  return 0;
}
