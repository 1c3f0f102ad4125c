/*
 * framelane_qt.h: QImage in and out of the frame ring, for Qt 5.15 and Qt 6 (QtGui), C++17, on top of framelane.h.
 *
 *     framelane::qt::Sender sender("cam1");                      framelane::qt::Receiver receiver("cam1");
 *     sender.send(image);                  // one copy           while (QImage image = receiver.next(); !image.isNull())
 *     sender.send(images);                 // a QVector<QImage>    show(image);   // no copy: seen in the ring
 *
 *     auto canvas = sender.paint(1920, 1080);                    // no copy at all: drawn where the readers see it
 *     QPainter(&canvas.image()).drawEllipse(...);
 *     canvas.publish();
 *
 * Python sees the same frames with framelane.subscribe("cam1"), TypeScript with Subscriber, C with framelane.h. Include
 * it before other headers, or compile with -D_GNU_SOURCE. Errors are framelane::Error. docs/qt.md is the guide.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FRAMELANE_QT_H
#define FRAMELANE_QT_H

#include "framelane.h"

#include <QtCore/QVector>
#include <QtGui/QImage>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#if QT_VERSION < QT_VERSION_CHECK(5, 15, 0)
#error "framelane_qt.h needs Qt 5.15 or Qt 6"
#endif

namespace framelane {
namespace qt {

/* ---- formats --------------------------------------------------------------------------------------------------- */

namespace detail {

struct FormatPair {
  QImage::Format image;
  fl_format frame;
  const char *name; /* metadata qt.format, which tells apart what are the same bytes */
};

/* The first pair of a frame's format is what a frame without qt.format becomes. */
inline constexpr FormatPair kFormats[] = {
    {QImage::Format_Grayscale8, FL_GRAY8, "Grayscale8"},
    {QImage::Format_Alpha8, FL_GRAY8, "Alpha8"},
    {QImage::Format_Grayscale16, FL_GRAY16LE, "Grayscale16"},
    {QImage::Format_RGB888, FL_RGB24, "RGB888"},
    {QImage::Format_BGR888, FL_BGR24, "BGR888"},
    {QImage::Format_RGB32, FL_BGRX32, "RGB32"},
    {QImage::Format_ARGB32, FL_BGRA32, "ARGB32"},
    {QImage::Format_ARGB32_Premultiplied, FL_BGRA32, "ARGB32_Premultiplied"},
    {QImage::Format_RGBA8888, FL_RGBA32, "RGBA8888"},
    {QImage::Format_RGBX8888, FL_RGBA32, "RGBX8888"},
    {QImage::Format_RGBA8888_Premultiplied, FL_RGBA32, "RGBA8888_Premultiplied"},
};

inline const FormatPair *pair_of(QImage::Format format) {
  for (const FormatPair &pair : kFormats) {
    if (pair.image == format) return &pair;
  }
  return nullptr;
}

/* The list a frame belongs to is told by these. */
inline constexpr const char *kFormatKey = "qt.format";
inline constexpr const char *kIndexKey = "qt.index";
inline constexpr const char *kCountKey = "qt.count";

}  // namespace detail

/* The frame's format whose bytes are those of such an image; none: the image is converted first, see sendable(). */
inline std::optional<fl_format> frame_format(QImage::Format format) {
  const detail::FormatPair *pair = detail::pair_of(format);
  return pair == nullptr ? std::nullopt : std::optional<fl_format>(pair->frame);
}

/* The image's format in which such a frame can be seen; Format_Invalid for YUV and Bayer, which QImage does not know.
 * `name` is the frame's metadata qt.format, if it has some. */
inline QImage::Format image_format(fl_format format, const std::optional<std::string> &name = std::nullopt) {
  const detail::FormatPair *first = nullptr;
  for (const detail::FormatPair &pair : detail::kFormats) {
    if (pair.frame != format) continue;
    if (name.has_value() && *name == pair.name) return pair.image;
    if (first == nullptr) first = &pair;
  }
  return first == nullptr ? QImage::Format_Invalid : first->image;
}

/* The image itself where a frame can have its format; otherwise converted: Mono, gray palettes and none to Grayscale8, what
 * has alpha to ARGB32 (to ARGB32_Premultiplied if it is), the rest to RGB32. Only formats of more than 8 bits a colour
 * component (RGB30, RGBA64, floating point) lose something. */
inline QImage sendable(const QImage &image) {
  if (image.isNull() || detail::pair_of(image.format()) != nullptr) return image;
  if (image.format() == QImage::Format_Indexed8 && image.colorCount() == 0) {
    QImage gray = image; /* converted, it would be black */
    gray.reinterpretAsFormat(QImage::Format_Grayscale8);
    return gray;
  }
  if (image.depth() <= 8 && image.allGray() && !image.hasAlphaChannel()) {
    return image.convertToFormat(QImage::Format_Grayscale8);
  }
  if (!image.hasAlphaChannel()) return image.convertToFormat(QImage::Format_RGB32);
  bool premultiplied = image.pixelFormat().premultiplied() == QPixelFormat::Premultiplied;
  return image.convertToFormat(premultiplied ? QImage::Format_ARGB32_Premultiplied : QImage::Format_ARGB32);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* A frame to draw into, in the ring itself; empty (false) when a lossy ring had no room. Not published: given back. */
class Canvas {
 public:
  Canvas() = default;
  explicit operator bool() const noexcept { return static_cast<bool>(loan_); }
  /* The frame's pixels; null without a frame, and after publish(). Draw into it and do not keep copies of it. */
  QImage &image() noexcept { return image_; }
  /* Metadata and capture time, see framelane::Loan. */
  Loan &loan() noexcept { return loan_; }

  /* Hands the frame to the readers; its number in the ring, from 1. Throws Error, FL_E_ARGUMENT when a copy of image()
   * is still there: drawing into that would change what readers see. */
  std::uint64_t publish() {
    if (!image_.isNull() && !image_.isDetached()) throw Error(FL_E_ARGUMENT, "a copy of the canvas' image is alive");
    image_ = QImage();
    return loan_.publish();
  }

 private:
  friend class Sender;
  Canvas(Loan loan, int width, int height, const detail::FormatPair &pair) : loan_(std::move(loan)) {
    if (!loan_) return;
    loan_.set(detail::kFormatKey, pair.name);
    image_ = QImage(loan_.data(), width, height, static_cast<int>(loan_.stride()), pair.image);
  }
  Loan loan_;
  QImage image_; /* goes before the loan whose memory it shows */
};

/* How a ring is made: fl_publisher_options, whose `slots` is a macro in Qt programs. */
struct SenderOptions {
  std::uint64_t capacity = 0;   /* most bytes of one image; 0: those of the first */
  std::uint32_t slot_count = 0; /* 0: 8, or two more than the first list has images */
  std::uint32_t readers = 0;    /* 0: 64 */
  bool lossless = false;        /* wait for slow readers instead of dropping images */
  std::uint32_t mode = 0;       /* permission bits; 0: 0600, or 0660 with a group */
  std::int64_t group = 0;       /* group id + 1; 0: none */
  const volatile sig_atomic_t *stop = nullptr; /* waiting ends once it is not 0 */
};

/* The producer of a ring, for images; used by one thread at a time. */
class Sender {
 public:
  /* Makes the ring, if options.capacity is given; otherwise the first image does. Throws Error. */
  explicit Sender(std::string ring, const SenderOptions &options = {}) : name_(std::move(ring)), options_(options) {
    if (options_.capacity > 0) open(options_.capacity);
  }

  /* A frame to draw into. Waits for room in a lossless ring, at most `timeout_ms` (< 0: for ever). Throws Error:
   * FL_E_ARGUMENT for a format that no frame has, FL_E_TOO_LARGE. */
  Canvas paint(int width, int height, QImage::Format format = QImage::Format_RGB32, std::int64_t timeout_ms = -1) {
    const detail::FormatPair *pair = detail::pair_of(format);
    if (pair == nullptr || width < 1 || height < 1) throw Error(FL_E_ARGUMENT, name_ + ": no such canvas");
    auto columns = static_cast<std::uint32_t>(width), rows = static_cast<std::uint32_t>(height);
    /* QImage wants rows of whole 32-bit words. */
    auto stride = static_cast<std::uint32_t>((fl_row_bytes(pair->frame, 0, columns) + 3) / 4 * 4);
    Publisher &ring = open(std::uint64_t{stride} * rows);
    return Canvas(ring.loan(pair->frame, columns, rows, timeout_ms, &stride), width, height, *pair);
  }

  /* Copies an image into the ring, converted first if it must be. False: a lossy ring had no room. Throws Error. */
  bool send(const QImage &image, std::int64_t timeout_ms = -1) { return send_part(image, -1, 0, timeout_ms); }

  /* Sends a list; Receiver::next_list() takes it as one. Returns how many found room: all of them, in a lossless ring.
   * A ring that this makes has a slot for each and two more, unless options say otherwise. Throws Error. */
  int send(const QVector<QImage> &images, std::int64_t timeout_ms = -1) {
    int sent = 0, count = static_cast<int>(images.size());
    if (options_.slot_count == 0) options_.slot_count = static_cast<std::uint32_t>(std::min(std::max(count + 2, 8), 255));
    for (int i = 0; i < count; i++) sent += send_part(images[i], i, count, timeout_ms) ? 1 : 0;
    return sent;
  }

  /* Makes the ring for images of so many bytes (QImage::sizeInBytes()), unless it is there: for wait_readers(),
   * dropped(). Throws Error. */
  Publisher &open(std::uint64_t bytes) {
    if (!publisher_.has_value()) publisher_.emplace(name_, ring_options(std::max(bytes, options_.capacity)));
    return *publisher_;
  }
  /* Ends the ring; readers take what is left in it. */
  void close() { publisher_.reset(); }

 private:
  bool send_part(const QImage &image, int index, int count, std::int64_t timeout_ms) {
    QImage from = sendable(image);
    if (from.isNull()) throw Error(FL_E_ARGUMENT, name_ + ": the image is null");
    Canvas canvas = paint(from.width(), from.height(), from.format(), timeout_ms);
    if (!canvas) return false;
    copy_rows(from, canvas.loan());
    if (count > 0) canvas.loan().set(detail::kIndexKey, index).set(detail::kCountKey, count);
    canvas.publish();
    return true;
  }

  fl_publisher_options ring_options(std::uint64_t capacity) const {
    const auto &[_, slot_count, readers, lossless, mode, group, stop] = options_;
    return {capacity, slot_count, readers, lossless, mode, group, stop};
  }

  static void copy_rows(const QImage &from, Loan &to) {
    auto stride = static_cast<std::size_t>(from.bytesPerLine());
    if (stride == to.stride()) {
      memcpy(to.data(), from.constBits(), stride * static_cast<std::size_t>(from.height()));
      return;
    }
    for (int y = 0; y < from.height(); y++) {
      memcpy(to.data() + static_cast<std::size_t>(y) * to.stride(), from.constScanLine(y), to.row_bytes());
    }
  }

  std::string name_;
  SenderOptions options_;
  std::optional<Publisher> publisher_;
};

/* ---- reading --------------------------------------------------------------------------------------------------- */

namespace detail {

/* Where frames come back to. An image may die in any thread, but a reader's frames are released in its own thread, or
 * when that is done with the ring. */
class Returns {
 public:
  void lend() {
    std::lock_guard<std::mutex> guard(mutex_);
    lent_++;
  }
  void take_back(Frame frame) {
    std::lock_guard<std::mutex> guard(mutex_);
    lent_--;
    if (closed_ || reader_ == std::this_thread::get_id()) frame.release();
    else back_.push_back(std::move(frame));
  }
  /* Releases what came back; called by the reader. Returns how many frames are still out. */
  int collect() {
    std::vector<Frame> back; /* released after the mutex */
    std::lock_guard<std::mutex> guard(mutex_);
    reader_ = std::this_thread::get_id();
    back.swap(back_);
    return lent_;
  }
  void close() {
    std::lock_guard<std::mutex> guard(mutex_);
    back_.clear();
    closed_ = true;
  }

 private:
  std::mutex mutex_;
  std::vector<Frame> back_;
  std::thread::id reader_;
  int lent_ = 0;
  bool closed_ = false;
};

/* What an image keeps while any copy of it lives. */
struct Held {
  Frame frame;
  std::shared_ptr<Returns> returns;
};

inline void give_back(void *info) {
  std::unique_ptr<Held> held(static_cast<Held *>(info));
  held->returns->take_back(std::move(held->frame));
}

}  // namespace detail

/* A reader of images; used by one thread at a time. The images may go to and die in any thread. */
class Receiver {
 public:
  /* Waits `wait_ms` for the ring to appear (< 0: for ever). Throws Error. */
  explicit Receiver(const std::string &ring, const fl_subscriber_options &options = {}, std::int64_t wait_ms = 0)
      : name_(ring), stop_(options.stop), subscriber_(ring, options, wait_ms),
        returns_(std::make_shared<detail::Returns>()) {}
  Receiver(Receiver &&) noexcept = default;
  Receiver &operator=(Receiver &&) = delete;
  ~Receiver() {
    if (returns_ == nullptr) return;
    returns_->close();
  }

  /* The next image, waiting at most `timeout_ms` (< 0: for ever). Its pixels lie in the ring, do not change, and are
   * given back with the image's last copy; 12 can be held, writing into one makes a copy of its own (QImage does that).
   * Null: the producer closed (see closed()), nothing came in time, or options.stop was set. Throws Error: FL_E_HELD,
   * and FL_E_FRAME for YUV and Bayer frames. */
  QImage next(std::int64_t timeout_ms = -1) { return image(next_frame(timeout_ms)); }

  /* The next whole list that Sender::send(QVector) sent, or a frame of anybody else as a list of one. Up to 12 images
   * are seen in the ring, if it has slots for them and two more; those of longer lists are copies. Incomplete lists are
   * passed over. Empty: as next(). Throws Error, FL_E_FRAME for lists of more than 65,536. */
  QVector<QImage> next_list(std::int64_t timeout_ms = -1) {
    std::uint64_t start = fl__monotonic();
    QVector<QImage> images;
    for (std::int64_t count = 1; images.size() < count;) {
      Frame frame = next_frame(timeout_ms < 0 ? -1 : fl__left(start, timeout_ms));
      if (!frame) return {};
      std::int64_t index = frame.get<std::int64_t>(detail::kIndexKey).value_or(0);
      if (index != images.size()) images.clear(); /* a part was lost */
      if (index != images.size()) continue;
      count = std::max<std::int64_t>(1, frame.get<std::int64_t>(detail::kCountKey).value_or(1));
      if (count > kMaxList) throw Error(FL_E_FRAME, name_ + ": a list of " + std::to_string(count) + " images");
      bool held = count <= FL_PINS && count + 2 <= static_cast<std::int64_t>(subscriber_.slot_count());
      QImage next = image(std::move(frame));
      images << (held ? next : next.copy());
    }
    return images;
  }

  /* Whether the producer closed the ring and every frame was taken. */
  bool closed() const noexcept { return subscriber_.closed(); }
  /* Frames that were published and not taken. */
  std::uint64_t missed() const noexcept { return subscriber_.missed(); }

 private:
  /* While images are out, other threads may give them back: a wait looks after them so often, in ms. */
  static constexpr std::int64_t kLookMs = 20;
  static constexpr std::int64_t kMaxList = 65536;

  Frame next_frame(std::int64_t timeout_ms) {
    std::uint64_t start = fl__monotonic();
    for (;;) {
      bool lent = returns_->collect() > 0;
      std::int64_t left = timeout_ms < 0 ? -1 : fl__left(start, timeout_ms);
      bool slice = lent && (left < 0 || left > kLookMs);
      Frame frame = subscriber_.next(slice ? kLookMs : left);
      bool over = !slice || subscriber_.closed() || (stop_ != nullptr && *stop_ != 0);
      if (frame || over) return frame;
    }
  }

  QImage image(Frame frame) {
    if (!frame) return {};
    QImage::Format format = image_format(frame.format(), frame.get<std::string>(detail::kFormatKey));
    if (format == QImage::Format_Invalid) {
      throw Error(FL_E_FRAME, name_ + ": QImage has no format for " + fl_format_name(frame.format()));
    }
    int width = static_cast<int>(frame.width()), height = static_cast<int>(frame.height());
    int stride = static_cast<int>(frame.stride());
    const std::uint8_t *pixels = frame.data();
    returns_->lend();
    auto held = std::make_unique<detail::Held>(detail::Held{std::move(frame), returns_});
    return QImage(pixels, width, height, stride, format, detail::give_back, held.release());
  }

  std::string name_;
  const volatile sig_atomic_t *stop_;
  Subscriber subscriber_;
  std::shared_ptr<detail::Returns> returns_;
};

}  // namespace qt
}  // namespace framelane
#endif /* FRAMELANE_QT_H */
