// The Qt program at the other end: puts QImages into QSharedMemory as image list, takes lists out of it, holds locks.
#include <QImage>
#include <QSharedMemory>
#include <QVector>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

// The format in which Framelane shows an image; Format_Invalid: as it is.
QImage::Format shown(QImage::Format format) {
  switch (format) {
    case QImage::Format_Mono:
    case QImage::Format_MonoLSB: return QImage::Format_Grayscale8;
    case QImage::Format_RGB16:
    case QImage::Format_RGB555:
    case QImage::Format_RGB444:
    case QImage::Format_RGB666: return QImage::Format_RGB888;
    case QImage::Format_ARGB8565_Premultiplied:
    case QImage::Format_ARGB8555_Premultiplied:
    case QImage::Format_ARGB6666_Premultiplied:
    case QImage::Format_ARGB4444_Premultiplied: return QImage::Format_RGBA8888_Premultiplied;
    default: return QImage::Format_Invalid;
  }
}

// Colours all over, the same in every run; `seed` makes others. A converted image would get a palette: no list has one.
QImage picture(QImage::Format format, int width, int height, unsigned seed) {
  bool indexed = format == QImage::Format_Indexed8 || format == QImage::Format_Mono || format == QImage::Format_MonoLSB;
  QImage image(width, height, indexed ? format : QImage::Format_ARGB32);
  unsigned state = seed * 2654435761u + 1;
  for (int y = 0; y < height; y++) {
    for (int i = 0; i < image.bytesPerLine(); i++) {
      state = state * 1664525u + 1013904223u;
      image.scanLine(y)[i] = static_cast<uchar>(state >> 24);
    }
  }
  return image.convertToFormat(format);
}

void print_rows(const QImage &image) {
  for (int y = 0; y < image.height(); y++) {
    int bytes = (image.width() * image.depth() + 7) / 8;
    for (int i = 0; i < bytes; i++) std::printf("%02x", image.constScanLine(y)[i]);
  }
  std::printf("\n");
}

void print(const QImage &image) {
  std::printf("%d %d %d ", image.format(), image.width(), image.height());
  QImage::Format format = shown(image.format());
  print_rows(format == QImage::Format_Invalid ? image : image.convertToFormat(format));
}

void put_number(char *&to, int number) {
  std::memcpy(to, &number, sizeof number);
  to += sizeof number;
}

qsizetype list_bytes(const QVector<QImage> &images) {
  qsizetype bytes = 4;
  for (const QImage &image : images) bytes += 20 + image.sizeInBytes();
  return bytes;
}

void write_list(QSharedMemory &memory, const QVector<QImage> &images) {
  memory.lock();
  char *to = static_cast<char *>(memory.data());
  put_number(to, static_cast<int>(images.size()));
  for (const QImage &image : images) {
    put_number(to, static_cast<int>(image.sizeInBytes()));
    put_number(to, image.width());
    put_number(to, image.height());
    put_number(to, image.format());
    put_number(to, static_cast<int>(image.bytesPerLine()));
    std::memcpy(to, image.constBits(), static_cast<size_t>(image.sizeInBytes()));
    to += image.sizeInBytes();
  }
  memory.unlock();
}

int take_number(const char *&from) {
  int number;
  std::memcpy(&number, from, sizeof number);
  from += sizeof number;
  return number;
}

void print_list(QSharedMemory &memory) {
  memory.lock();
  const char *from = static_cast<const char *>(memory.constData());
  for (int left = take_number(from); left > 0; left--) {
    int numbers[5];
    for (int &number : numbers) number = take_number(from);
    auto format = static_cast<QImage::Format>(numbers[3]);
    print(QImage(reinterpret_cast<const uchar *>(from), numbers[1], numbers[2], numbers[4], format));
    from += numbers[0];
  }
  memory.unlock();
}

void say(const char *word) {
  std::printf("%s\n", word);
  std::fflush(stdout);
}

int fail(const QSharedMemory &memory) {
  std::fprintf(stderr, "%s\n", qPrintable(memory.errorString()));
  return 1;
}

// Each line of standard input is an order; its end is the program's.
void obey(QSharedMemory &memory, const QVector<QImage> &images) {
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    std::string order(line);
    if (order == "lock\n") memory.lock();
    if (order == "unlock\n") memory.unlock();
    if (order == "read\n") print_list(memory);
    if (order == "hammer\n") {
      for (int i = 0; i < 60000; i++) {
        QImage plain(200, 200, QImage::Format_Grayscale8);
        plain.fill(i & 255);
        write_list(memory, {plain, plain});
      }
    }
    if (order == "rewrite\n") {
      QVector<QImage> others;
      for (const QImage &image : images) others << picture(image.format(), image.width(), image.height(), 77);
      for (const QImage &image : others) print(image);
      write_list(memory, others);
    }
    say("done");
  }
}

}  // namespace

// put KEY WIDTH HEIGHT FORMAT... | attach KEY | native KEY
int main(int count, char **words) {
  if (count < 3) return 2;
  QSharedMemory memory(QString::fromUtf8(words[2]));
  QVector<QImage> images;
  if (std::strcmp(words[1], "native") == 0) {
    say(qPrintable(memory.nativeKey()));
    return 0;
  }
  if (std::strcmp(words[1], "put") == 0) {
    for (int i = 5; i < count; i++) {
      auto format = static_cast<QImage::Format>(std::atoi(words[i]));
      images << picture(format, std::atoi(words[3]), std::atoi(words[4]), static_cast<unsigned>(i));
      print(images.last());
    }
    if (!memory.create(static_cast<int>(list_bytes(images)))) return fail(memory);
    write_list(memory, images);
  } else if (!memory.attach()) {
    return fail(memory);
  }
  say("ready");
  obey(memory, images);
  return 0;
}
