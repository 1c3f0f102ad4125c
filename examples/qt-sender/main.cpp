// Hands a QVector<QImage> to whoever reads the ring: a Python program, for one (reader.py).
//
//     qt-sender RING [LISTS]
#include <QImage>
#include <QLinearGradient>
#include <QPainter>
#include <QVector>

#include "framelane_qt.h"

#include <cstdio>
#include <cstdlib>

static constexpr int kWidth = 1920, kHeight = 1080, kImages = 10;

// Ten pictures, as a program would have them.
static QVector<QImage> makeImages(int list) {
  QVector<QImage> images;
  for (int i = 0; i < kImages; i++) {
    QImage image(kWidth, kHeight, QImage::Format_RGB32);
    QLinearGradient colours(0, 0, kWidth, kHeight);
    colours.setColorAt(0, QColor::fromHsv((list * 40 + i * 10) % 360, 255, 255));
    colours.setColorAt(1, Qt::black);
    QPainter(&image).fillRect(image.rect(), colours);
    images << image;
  }
  return images;
}

int main(int count, char **words) {
  const char *ring = count > 1 ? words[1] : "qt";
  int lists = count > 2 ? std::atoi(words[2]) : 1;
  try {
    framelane::qt::SenderOptions options;
    options.lossless = true;          // nobody misses an image,
    options.slot_count = kImages + 2; // and a reader can hold a whole list
    framelane::qt::Sender sender(ring, options);
    sender.open(kWidth * kHeight * 4).wait_readers(1);
    for (int list = 0; list < lists; list++) {
      QVector<QImage> images = makeImages(list);
      std::printf("list %d: %d images sent\n", list, sender.send(images));
    }
    return 0; // the ring is closed: readers take what is left and end
  } catch (const framelane::Error &error) {
    std::fprintf(stderr, "qt-sender: %s\n", error.what());
    return 1;
  }
}
