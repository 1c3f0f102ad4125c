/*
 * framelane.h: the frame ring in one header, for C11 and C++17 on 64-bit little-endian Linux.
 *
 * One producer hands video frames to many readers through shared memory, without serialisation and without a copy.
 * docs/ring-layout.md is the reference of the layout and of every step taken here; this header is also what the
 * Node addon is built on. Include it before other headers, or compile with -D_GNU_SOURCE.
 *
 *     fl_subscriber sub;
 *     fl_frame frame;
 *     if (fl_subscriber_open(&sub, "cam1", NULL) == FL_OK) {
 *       while (fl_subscriber_next(&sub, &frame, -1) == FL_OK) {
 *         use(frame.data, frame.width, frame.height, frame.stride[0]);
 *         fl_subscriber_release(&sub, &frame);
 *       }
 *       fl_subscriber_close(&sub);
 *     }
 *
 * Functions return FL_OK, another value >= 0 that is no error (FL_AGAIN, FL_CLOSED, FL_REPLACED, FL_STOPPED), or a
 * negative error; fl_status_text() puts it into words and errno is that of the failing system call. A publisher or
 * subscriber is used by one thread at a time and does not survive fork(). Signals do not end a wait; options.stop does.
 * C++ finds RAII types in namespace framelane at the end. Names that begin with fl__ are private. docs/c.md is the guide.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FRAMELANE_H
#define FRAMELANE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if !defined(O_TMPFILE) || !defined(F_OFD_SETLK)
#error "framelane.h needs _GNU_SOURCE: include it before other headers or compile with -D_GNU_SOURCE"
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || UINTPTR_MAX != UINT64_MAX
#error "framelane.h needs a 64-bit little-endian machine"
#endif

/* Qt makes `slots` a macro: its headers may come first. */
#pragma push_macro("slots")
#undef slots

#ifdef __cplusplus
extern "C" {
#endif

#define FL_API static inline

/* ---- limits and layout (docs/ring-layout.md) ------------------------------------------------------------------- */

enum {
  FL_MAX_SLOTS = 255,
  FL_MAX_READERS = 1024,
  FL_PINS = 12,
  FL_MAX_PLANES = 3,
  FL_METADATA_BYTES = 896,
  FL_MAX_SIDE = 65535,
  FL_NAME_BYTES = 64,
  FL_READER_BYTES = 64,
  FL_SLOT_BYTES = 1024,
  FL_REGION = 65536, /* every region starts on a multiple of this */
};

#define FL_MAGIC 0x31454e414c4d5246ull /* "FRMLANE1" */
#define FL_VERSION 0x00010000u
#define FL_FLAG_LOSSLESS 1u
#define FL_OWNER_LOSSLESS (1ull << 32)
#define FL_MAX_BYTES (1ull << 46) /* largest segment that is believed */

enum { /* header offsets */
  FL_AT_MAGIC = 0x00, FL_AT_VERSION = 0x08, FL_AT_HEADER_BYTES = 0x0c, FL_AT_TOTAL = 0x10, FL_AT_NONCE = 0x18,
  FL_AT_SLOTS = 0x20, FL_AT_READERS = 0x24, FL_AT_PINS = 0x28, FL_AT_READER_STRIDE = 0x2c,
  FL_AT_READER_TABLE = 0x30, FL_AT_SLOT_TABLE = 0x38, FL_AT_SLOT_STRIDE = 0x40, FL_AT_FLAGS = 0x44,
  FL_AT_DATA = 0x48, FL_AT_DATA_STRIDE = 0x50, FL_AT_CAPACITY = 0x58, FL_AT_CREATED = 0x60,
  FL_AT_LATEST = 0x80, FL_AT_DROPPED = 0x88, FL_AT_EPOCH = 0x90, FL_AT_PID = 0x98,
  FL_AT_NOTIFY = 0xc0, FL_AT_STATE = 0xc4, FL_AT_HIGH_WATER = 0xc8,
  FL_AT_ADVANCE = 0x100, FL_AT_WAITING = 0x104,
};

enum { /* byte ranges of 64 bytes that are locked */
  FL_LOCK_PRODUCER = 0x80, FL_LOCK_ATTACH = 0xc0, FL_LOCK_BYTES = 0x40,
};

enum { /* slot header offsets */
  FL_SLOT_STATE = 0x00, FL_SLOT_SEQ = 0x08, FL_SLOT_CAPTURE = 0x10, FL_SLOT_PAYLOAD = 0x18, FL_SLOT_WIDTH = 0x20,
  FL_SLOT_HEIGHT = 0x24, FL_SLOT_STRIDE0 = 0x28, FL_SLOT_FORMAT = 0x2c, FL_SLOT_PLANES = 0x30,
  FL_SLOT_METADATA_LENGTH = 0x34, FL_SLOT_OFFSET1 = 0x38, FL_SLOT_OFFSET2 = 0x40, FL_SLOT_STRIDE1 = 0x48,
  FL_SLOT_STRIDE2 = 0x4c, FL_SLOT_AREA = 0x50, FL_SLOT_PUBLISHED = 0x60, FL_SLOT_METADATA = 0x80,
};

enum { FL_READER_OWNER = 0x00, FL_READER_CURSOR = 0x08, FL_READER_PIN = 0x10 };

enum { FL_STATE_LIVE = 1, FL_STATE_CLOSED = 2, FL_STATE_REPLACED = 3 };

typedef enum fl_format {
  FL_GRAY8 = 1, FL_GRAY16LE = 2, FL_RGB24 = 3, FL_BGR24 = 4, FL_RGBA32 = 5, FL_BGRA32 = 6, FL_BGRX32 = 7,
  FL_YUYV422 = 8, FL_NV12 = 9, FL_I420 = 10,
  FL_BAYER_RGGB8 = 16, FL_BAYER_BGGR8 = 17, FL_BAYER_GRBG8 = 18, FL_BAYER_GBRG8 = 19,
  FL_BAYER_RGGB16LE = 20, FL_BAYER_BGGR16LE = 21, FL_BAYER_GRBG16LE = 22, FL_BAYER_GBRG16LE = 23,
} fl_format;

typedef enum fl_status {
  FL_OK = 0,
  FL_AGAIN = 1,    /* nothing new, or no slot free: wait and try again */
  FL_CLOSED = 2,   /* the producer closed and every frame was taken */
  FL_REPLACED = 3, /* another segment has the name now: open it again */
  FL_STOPPED = 4,  /* the caller's options.stop ended the wait */
  FL_E_ARGUMENT = -1,
  FL_E_NAME = -2,
  FL_E_NOT_FOUND = -3,
  FL_E_BUSY = -4,
  FL_E_DAMAGED = -5,
  FL_E_VERSION = -6,
  FL_E_NO_SPACE = -7,
  FL_E_PERMISSION = -8,
  FL_E_NO_SEAT = -9,
  FL_E_HELD = -10,
  FL_E_FRAME = -11,
  FL_E_TOO_LARGE = -12,
  FL_E_LOSSY = -13,
  FL_E_TIMEOUT = -14,
  FL_E_LOST = -15,
  FL_E_SYSTEM = -16,
} fl_status;

/* A status in words that say what to do. */
FL_API const char *fl_status_text(int status) {
  switch (status) {
    case FL_OK: return "ok";
    case FL_AGAIN: return "nothing new, or no slot free: wait and try again";
    case FL_CLOSED: return "the producer closed the ring";
    case FL_REPLACED: return "the ring was replaced: open it again";
    case FL_STOPPED: return "the wait was ended by options.stop";
    case FL_E_ARGUMENT: return "an argument is outside its range";
    case FL_E_NAME: return "a ring's name is 1 to 64 characters of A-Z a-z 0-9 . _ -";
    case FL_E_NOT_FOUND: return "no ring of that name: start its producer first";
    case FL_E_BUSY: return "the ring has a live producer already";
    case FL_E_DAMAGED: return "the segment is damaged or no frame ring: remove it with `framelane rm`";
    case FL_E_VERSION: return "the segment has another layout version: update Framelane on one side";
    case FL_E_NO_SPACE: return "not enough shared memory: fewer slots, a smaller capacity, or a larger /dev/shm";
    case FL_E_PERMISSION: return "no permission for the segment: ask its owner for the group option";
    case FL_E_NO_SEAT: return "every reader entry of the ring is taken";
    case FL_E_HELD: return "12 frames are held already: release some";
    case FL_E_FRAME: return "the frame's header makes no sense: it was skipped";
    case FL_E_TOO_LARGE: return "the frame does not fit a slot of the ring";
    case FL_E_LOSSY: return "the ring is lossy, its producer never waits: start it lossless";
    case FL_E_TIMEOUT: return "timed out";
    case FL_E_LOST: return "the producer died without closing and nobody took over";
    case FL_E_SYSTEM: return "a system call failed: see errno";
    default: return "unknown status";
  }
}

/* ---- atomics, futex, clock, locks ------------------------------------------------------------------------------ */

FL_API uint32_t fl__load32(const void *at) { return __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE); }
FL_API uint64_t fl__load64(const void *at) { return __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE); }
FL_API void fl__store32(void *at, uint32_t value) { __atomic_store_n((uint32_t *)at, value, __ATOMIC_RELEASE); }
FL_API void fl__store64(void *at, uint64_t value) { __atomic_store_n((uint64_t *)at, value, __ATOMIC_RELEASE); }
FL_API void fl__fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

FL_API void fl__wake(void *word) { syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0); }

/* Sleeps while *word == seen, at most `timeout_ms` (< 0: for ever); a signal ends it early. */
FL_API void fl__sleep(void *word, uint32_t seen, int64_t timeout_ms) {
  struct timespec limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000};
  syscall(SYS_futex, word, FUTEX_WAIT, seen, timeout_ms < 0 ? NULL : &limit, NULL, 0);
}

FL_API uint64_t fl__clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}
/* ns since 1970 UTC, for capture times. */
FL_API uint64_t fl_now(void) { return fl__clock(CLOCK_REALTIME); }
FL_API uint64_t fl__monotonic(void) { return fl__clock(CLOCK_MONOTONIC); }

FL_API struct flock fl__range(short type, uint64_t start) {
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t)start;
  lock.l_len = FL_LOCK_BYTES;
  return lock;
}

/* Takes (F_WRLCK) or drops (F_UNLCK) the 64-byte range at `start`; false when somebody else has it. */
FL_API bool fl__lock(int fd, short type, uint64_t start) {
  struct flock lock = fl__range(type, start);
  return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/* Whether another open file holds the 64-byte range at `start`. When the kernel cannot say, it counts as held. */
FL_API bool fl__locked(int fd, uint64_t start) {
  struct flock lock = fl__range(F_WRLCK, start);
  return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

/* ---- the mapped segment ---------------------------------------------------------------------------------------- */

typedef struct fl_map {
  int fd; /* -1: not open */
  uint8_t *base;
  uint64_t total;
  /* The geometry, checked once and never read again from memory that others can write. */
  uint32_t slots, readers, flags;
  uint64_t reader_table, slot_table, data, data_stride, capacity, nonce;
  char path[256];
} fl_map;

FL_API uint8_t *fl__at(const fl_map *map, uint64_t offset) { return map->base + offset; }
FL_API uint8_t *fl__slot(const fl_map *map, uint32_t slot) { return fl__at(map, map->slot_table + slot * FL_SLOT_BYTES); }
FL_API uint8_t *fl__pixels(const fl_map *map, uint32_t slot) { return fl__at(map, map->data + slot * map->data_stride); }
FL_API uint64_t fl__reader_at(const fl_map *map, uint32_t reader) { return map->reader_table + reader * FL_READER_BYTES; }
FL_API uint8_t *fl__reader(const fl_map *map, uint32_t reader) { return fl__at(map, fl__reader_at(map, reader)); }
FL_API uint64_t fl__round_up(uint64_t bytes) { return (bytes + FL_REGION - 1) / FL_REGION * FL_REGION; }
FL_API uint64_t fl__seq(uint64_t ticket) { return ticket >> 8; }

/* Whether `name` may name a ring: 1 to 64 characters of A-Z a-z 0-9 . _ - */
FL_API bool fl_valid_name(const char *name) {
  size_t length = name == NULL ? 0 : strlen(name);
  return length >= 1 && length <= FL_NAME_BYTES &&
         strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

/* The folder of the segments: $FRAMELANE_SHM_DIR, or /dev/shm. */
FL_API const char *fl__folder(void) {
  const char *folder = getenv("FRAMELANE_SHM_DIR");
  return folder != NULL && folder[0] != '\0' ? folder : "/dev/shm";
}

FL_API int fl__path(char *path, size_t size, const char *name) {
  if (!fl_valid_name(name)) return FL_E_NAME;
  int length = snprintf(path, size, "%s/framelane.%s", fl__folder(), name);
  return length > 0 && (size_t)length < size ? FL_OK : FL_E_ARGUMENT;
}

FL_API int fl__errno_status(void) {
  switch (errno) {
    case ENOENT: return FL_E_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS: return FL_E_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM: return FL_E_NO_SPACE;
    case ELOOP:
    case EISDIR:
    case ENXIO: return FL_E_DAMAGED;
    default: return FL_E_SYSTEM;
  }
}

FL_API void fl__unmap(fl_map *map) {
  int saved = errno;
  if (map->base != NULL) munmap(map->base, map->total);
  if (map->fd >= 0) {
    /* Not by the close alone: a child that was forked this moment has the descriptor, and the locks, until it execs. */
    struct flock all = fl__range(F_UNLCK, 0);
    all.l_len = 0;
    fcntl(map->fd, F_OFD_SETLK, &all);
    close(map->fd);
  }
  map->base = NULL;
  map->fd = -1;
  errno = saved;
}

FL_API bool fl__region_fits(uint64_t start, uint64_t bytes, uint64_t end) {
  return start % FL_REGION == 0 && start <= end && bytes <= end - start;
}

/* Reads the geometry out of the first bytes of a segment of `total` bytes and checks every part of it. */
FL_API int fl__read_geometry(fl_map *map, const uint8_t *head, uint64_t total) {
  uint64_t magic, announced;
  uint32_t version, header_bytes, pins, reader_stride, slot_stride;
  memcpy(&magic, head + FL_AT_MAGIC, 8);
  memcpy(&version, head + FL_AT_VERSION, 4);
  memcpy(&header_bytes, head + FL_AT_HEADER_BYTES, 4);
  memcpy(&announced, head + FL_AT_TOTAL, 8);
  memcpy(&map->nonce, head + FL_AT_NONCE, 8);
  memcpy(&map->slots, head + FL_AT_SLOTS, 4);
  memcpy(&map->readers, head + FL_AT_READERS, 4);
  memcpy(&pins, head + FL_AT_PINS, 4);
  memcpy(&reader_stride, head + FL_AT_READER_STRIDE, 4);
  memcpy(&map->reader_table, head + FL_AT_READER_TABLE, 8);
  memcpy(&map->slot_table, head + FL_AT_SLOT_TABLE, 8);
  memcpy(&slot_stride, head + FL_AT_SLOT_STRIDE, 4);
  memcpy(&map->flags, head + FL_AT_FLAGS, 4);
  memcpy(&map->data, head + FL_AT_DATA, 8);
  memcpy(&map->data_stride, head + FL_AT_DATA_STRIDE, 8);
  memcpy(&map->capacity, head + FL_AT_CAPACITY, 8);
  if (magic != FL_MAGIC) return FL_E_DAMAGED;
  if (version >> 16 != FL_VERSION >> 16) return FL_E_VERSION;
  bool sane = header_bytes == FL_REGION && announced == total && total <= FL_MAX_BYTES && map->nonce != 0 &&
              map->slots >= 2 && map->slots <= FL_MAX_SLOTS && map->readers >= 1 && map->readers <= FL_MAX_READERS &&
              pins == FL_PINS && reader_stride == FL_READER_BYTES && slot_stride == FL_SLOT_BYTES &&
              (map->flags & ~FL_FLAG_LOSSLESS) == 0 && map->capacity >= 1 && map->capacity <= map->data_stride &&
              map->data_stride % FL_REGION == 0 && map->data_stride <= total / map->slots;
  /* In this order, so that no region overlaps another. */
  sane = sane && map->reader_table >= FL_REGION && fl__region_fits(map->slot_table, 0, total) &&
         fl__region_fits(map->reader_table, (uint64_t)map->readers * FL_READER_BYTES, map->slot_table) &&
         fl__region_fits(map->slot_table, (uint64_t)map->slots * FL_SLOT_BYTES, map->data) &&
         fl__region_fits(map->data, map->slots * map->data_stride, total);
  return sane ? FL_OK : FL_E_DAMAGED;
}

/* Whether the file still has the size it was opened with: after a truncation, touching it would be SIGBUS. */
FL_API bool fl__whole(const fl_map *map) {
  struct stat now;
  return fstat(map->fd, &now) == 0 && (uint64_t)now.st_size >= map->total;
}

/* Whether the name still stands for this very file. */
FL_API bool fl__still_named(const fl_map *map) {
  struct stat named, own;
  return lstat(map->path, &named) == 0 && fstat(map->fd, &own) == 0 && named.st_dev == own.st_dev &&
         named.st_ino == own.st_ino;
}

FL_API int fl__map_file(fl_map *map, int protection) {
  void *base = mmap(NULL, map->total, protection, MAP_SHARED | MAP_POPULATE, map->fd, 0);
  if (base == MAP_FAILED) return fl__errno_status();
  map->base = (uint8_t *)base;
  return FL_OK;
}

/* Opens and checks the segment; maps nothing yet. `access` is O_RDWR or O_RDONLY. */
FL_API int fl__open_file(fl_map *map, const char *name, int access) {
  struct stat file;
  uint8_t head[0x200];
  memset(map, 0, sizeof *map);
  map->fd = -1;
  int status = fl__path(map->path, sizeof map->path, name);
  if (status != FL_OK) return status;
  map->fd = open(map->path, access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (map->fd < 0) return fl__errno_status();
  if (fstat(map->fd, &file) != 0 || !S_ISREG(file.st_mode) || file.st_size < FL_REGION ||
      pread(map->fd, head, sizeof head, 0) != (ssize_t)sizeof head) {
    return FL_E_DAMAGED;
  }
  map->total = (uint64_t)file.st_size;
  status = fl__read_geometry(map, head, map->total);
  /* A ring's memory was reserved when it was made. A file with holes would have it allocated by whoever attaches. */
  return status == FL_OK && (uint64_t)file.st_blocks * 512 < map->total ? FL_E_DAMAGED : status;
}

/* Opens, checks and maps the segment. */
FL_API int fl__open_map(fl_map *map, const char *name, int access, int protection) {
  int status = fl__open_file(map, name, access);
  if (status == FL_OK) status = fl__map_file(map, protection);
  if (status != FL_OK) fl__unmap(map);
  return status;
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

/* A frame: what a producer says about one, and what a subscriber holds. Offsets and strides in bytes. */
typedef struct fl_frame {
  fl_format format;
  uint32_t width, height;           /* pixels */
  uint32_t planes;                  /* 1..3, as the format has */
  uint32_t stride[FL_MAX_PLANES];   /* from one row to the next */
  uint64_t offset[FL_MAX_PLANES];   /* of the plane's first pixel in data; offset[0] is 0 */
  uint64_t payload;                 /* bytes of data that belong to the frame */
  uint64_t capture_time;            /* ns since 1970 UTC; 0 unknown */
  uint64_t seq;                     /* number of the frame in the ring, from 1 */
  uint64_t publish_time;            /* CLOCK_MONOTONIC ns */
  uint32_t area[4];                 /* x, y, source width, source height; source width 0: none */
  uint32_t metadata_bytes;          /* see fl_metadata_next() */
  uint8_t *data;                    /* a subscriber's data is mapped read-only */
  uint32_t slot, pin;               /* private */
  uint8_t metadata[FL_METADATA_BYTES];
} fl_frame;

/* Planes of a format; 0: unknown format. The table is in docs/ring-layout.md. */
FL_API uint32_t fl_format_planes(uint32_t format) {
  if (format == FL_NV12) return 2;
  if (format == FL_I420) return 3;
  return (format >= FL_GRAY8 && format <= FL_YUYV422) || (format >= FL_BAYER_RGGB8 && format <= FL_BAYER_GBRG16LE);
}

FL_API const char *const *fl__format_names(void) {
  static const char *const names[] = {
      NULL,          "gray8",          "gray16le",       "rgb24",          "bgr24",          "rgba32",
      "bgra32",      "bgrx32",         "yuyv422",        "nv12",           "i420",           NULL,
      NULL,          NULL,             NULL,             NULL,             "bayer_rggb8",    "bayer_bggr8",
      "bayer_grbg8", "bayer_gbrg8",    "bayer_rggb16le", "bayer_bggr16le", "bayer_grbg16le", "bayer_gbrg16le"};
  return names;
}

/* A format's name, such as "rgb24"; NULL: unknown format. */
FL_API const char *fl_format_name(uint32_t format) {
  return format <= FL_BAYER_GBRG16LE ? fl__format_names()[format] : NULL;
}

/* The format of that name; 0: there is none. */
FL_API uint32_t fl_format_named(const char *name) {
  for (uint32_t format = FL_GRAY8; format <= FL_BAYER_GBRG16LE; format++) {
    const char *known = fl__format_names()[format];
    if (known != NULL && strcmp(known, name) == 0) return format;
  }
  return 0;
}

/* Bytes of a row of a plane that carry pixels, of a picture `width` pixels across. */
FL_API uint64_t fl_row_bytes(uint32_t format, uint32_t plane, uint64_t width) {
  uint64_t half = (width + 1) / 2;
  switch (format) {
    case FL_RGB24:
    case FL_BGR24: return 3 * width;
    case FL_RGBA32:
    case FL_BGRA32:
    case FL_BGRX32: return 4 * width;
    case FL_YUYV422: return 4 * half;
    case FL_NV12: return plane == 0 ? width : 2 * half;
    case FL_I420: return plane == 0 ? width : half;
    case FL_GRAY16LE: return 2 * width;
    default: return format >= FL_BAYER_RGGB16LE ? 2 * width : width;
  }
}

/* Rows of a plane of a picture with `height` rows. */
FL_API uint64_t fl_rows(uint32_t format, uint32_t plane, uint64_t height) {
  return plane > 0 && (format == FL_NV12 || format == FL_I420) ? (height + 1) / 2 : height;
}

/* Fills in planes, offsets, strides and payload of a frame of that format and size, one plane after another.
 * `strides`: bytes from one row to the next, one number a plane; NULL: rows without padding. Zeroes the rest. */
FL_API int fl_frame_layout_padded(fl_frame *frame, fl_format format, uint32_t width, uint32_t height,
                                  const uint32_t *strides) {
  memset(frame, 0, sizeof *frame);
  if (width < 1 || height < 1 || width > FL_MAX_SIDE || height > FL_MAX_SIDE) return FL_E_ARGUMENT;
  frame->planes = fl_format_planes(format);
  if (frame->planes == 0) return FL_E_ARGUMENT;
  frame->format = format;
  frame->width = width;
  frame->height = height;
  for (uint32_t plane = 0; plane < frame->planes; plane++) {
    uint32_t row = (uint32_t)fl_row_bytes(format, plane, width);
    if (strides != NULL && strides[plane] < row) return FL_E_ARGUMENT;
    frame->offset[plane] = frame->payload;
    frame->stride[plane] = strides == NULL ? row : strides[plane];
    frame->payload += frame->stride[plane] * fl_rows(format, plane, height);
  }
  return FL_OK;
}

/* The same for rows without padding: payload is the least capacity of a ring for such frames. */
FL_API int fl_frame_layout(fl_frame *frame, fl_format format, uint32_t width, uint32_t height) {
  return fl_frame_layout_padded(frame, format, width, height, NULL);
}

/* Whether a frame's numbers agree with one another and with a slot of `capacity` bytes. */
FL_API bool fl__frame_sane(const fl_frame *frame, uint64_t capacity) {
  bool sane = frame->width >= 1 && frame->height >= 1 && frame->width <= FL_MAX_SIDE && frame->height <= FL_MAX_SIDE &&
              frame->payload <= capacity && frame->metadata_bytes <= FL_METADATA_BYTES && frame->planes >= 1 &&
              frame->planes == fl_format_planes(frame->format) && frame->offset[0] == 0;
  for (uint32_t plane = 0; sane && plane < frame->planes; plane++) {
    uint64_t row = fl_row_bytes(frame->format, plane, frame->width);
    uint64_t bytes = (fl_rows(frame->format, plane, frame->height) - 1) * frame->stride[plane] + row;
    sane = frame->stride[plane] >= row && frame->offset[plane] <= frame->payload &&
           bytes <= frame->payload - frame->offset[plane];
  }
  return sane;
}

FL_API void fl__write_slot(uint8_t *slot, const fl_frame *frame) {
  uint8_t *at = slot;
  memcpy(at + FL_SLOT_SEQ, &frame->seq, 8);
  memcpy(at + FL_SLOT_CAPTURE, &frame->capture_time, 8);
  memcpy(at + FL_SLOT_PAYLOAD, &frame->payload, 8);
  memcpy(at + FL_SLOT_WIDTH, &frame->width, 4);
  memcpy(at + FL_SLOT_HEIGHT, &frame->height, 4);
  memcpy(at + FL_SLOT_STRIDE0, &frame->stride[0], 4);
  uint32_t format = (uint32_t)frame->format;
  memcpy(at + FL_SLOT_FORMAT, &format, 4);
  memcpy(at + FL_SLOT_PLANES, &frame->planes, 4);
  memcpy(at + FL_SLOT_METADATA_LENGTH, &frame->metadata_bytes, 4);
  memcpy(at + FL_SLOT_OFFSET1, &frame->offset[1], 16);
  memcpy(at + FL_SLOT_STRIDE1, &frame->stride[1], 8);
  memcpy(at + FL_SLOT_AREA, frame->area, 16);
  memcpy(at + FL_SLOT_PUBLISHED, &frame->publish_time, 8);
  memcpy(at + FL_SLOT_METADATA, frame->metadata, frame->metadata_bytes);
}

FL_API void fl__read_slot(const uint8_t *slot, fl_frame *frame) {
  uint32_t format;
  memcpy(&frame->seq, slot + FL_SLOT_SEQ, 8);
  memcpy(&frame->capture_time, slot + FL_SLOT_CAPTURE, 8);
  memcpy(&frame->payload, slot + FL_SLOT_PAYLOAD, 8);
  memcpy(&frame->width, slot + FL_SLOT_WIDTH, 4);
  memcpy(&frame->height, slot + FL_SLOT_HEIGHT, 4);
  memcpy(&frame->stride[0], slot + FL_SLOT_STRIDE0, 4);
  memcpy(&format, slot + FL_SLOT_FORMAT, 4);
  memcpy(&frame->planes, slot + FL_SLOT_PLANES, 4);
  memcpy(&frame->metadata_bytes, slot + FL_SLOT_METADATA_LENGTH, 4);
  frame->offset[0] = 0;
  memcpy(&frame->offset[1], slot + FL_SLOT_OFFSET1, 16);
  memcpy(&frame->stride[1], slot + FL_SLOT_STRIDE1, 8);
  memcpy(frame->area, slot + FL_SLOT_AREA, 16);
  memcpy(&frame->publish_time, slot + FL_SLOT_PUBLISHED, 8);
  frame->format = (fl_format)format;
  uint32_t metadata = frame->metadata_bytes <= FL_METADATA_BYTES ? frame->metadata_bytes : 0;
  memcpy(frame->metadata, slot + FL_SLOT_METADATA, metadata);
}

/* ---- metadata: type u8, key bytes u8, value bytes u16, key, value ---------------------------------------------- */

enum { FL_META_BOOL = 1, FL_META_INT = 2, FL_META_FLOAT = 3, FL_META_TEXT = 4, FL_META_BYTES = 5 };

/* One entry, pointing into the frame. Neither key nor value ends with a NUL. */
typedef struct fl_metadata_entry {
  uint8_t type, key_bytes;
  uint16_t value_bytes;
  const char *key;
  const uint8_t *value;
} fl_metadata_entry;

/* Steps through a frame's metadata; start with *at = 0. FL_AGAIN: no more; FL_E_FRAME: damaged. */
FL_API int fl_metadata_next(const fl_frame *frame, uint32_t *at, fl_metadata_entry *entry) {
  if (*at >= frame->metadata_bytes) return FL_AGAIN;
  uint32_t left = frame->metadata_bytes - *at;
  const uint8_t *from = frame->metadata + *at;
  if (left < 4) return FL_E_FRAME;
  entry->type = from[0];
  entry->key_bytes = from[1];
  memcpy(&entry->value_bytes, from + 2, 2);
  uint32_t length = 4u + entry->key_bytes + entry->value_bytes;
  if (entry->key_bytes == 0 || length > left) return FL_E_FRAME;
  entry->key = (const char *)from + 4;
  entry->value = from + 4 + entry->key_bytes;
  *at += length;
  return FL_OK;
}

/* Appends an entry to a frame that is about to be published. FL_E_TOO_LARGE: more than 896 bytes. */
FL_API int fl_metadata_add(fl_frame *frame, uint8_t type, const char *key, const void *value, uint16_t value_bytes) {
  size_t key_bytes = strlen(key);
  if (key_bytes < 1 || key_bytes > 255) return FL_E_ARGUMENT;
  if (frame->metadata_bytes + 4 + key_bytes + value_bytes > FL_METADATA_BYTES) return FL_E_TOO_LARGE;
  uint8_t *to = frame->metadata + frame->metadata_bytes;
  to[0] = type;
  to[1] = (uint8_t)key_bytes;
  memcpy(to + 2, &value_bytes, 2);
  memcpy(to + 4, key, key_bytes);
  memcpy(to + 4 + key_bytes, value, value_bytes);
  frame->metadata_bytes += 4u + (uint32_t)key_bytes + value_bytes;
  return FL_OK;
}

FL_API int fl_metadata_add_bool(fl_frame *frame, const char *key, bool value) {
  uint8_t byte = value ? 1 : 0;
  return fl_metadata_add(frame, FL_META_BOOL, key, &byte, 1);
}
FL_API int fl_metadata_add_int(fl_frame *frame, const char *key, int64_t value) {
  return fl_metadata_add(frame, FL_META_INT, key, &value, 8);
}
FL_API int fl_metadata_add_float(fl_frame *frame, const char *key, double value) {
  return fl_metadata_add(frame, FL_META_FLOAT, key, &value, 8);
}
/* `text` is UTF-8 and ends with a NUL, which does not travel. */
FL_API int fl_metadata_add_text(fl_frame *frame, const char *key, const char *text) {
  size_t length = strlen(text);
  if (length > FL_METADATA_BYTES) return FL_E_TOO_LARGE;
  return fl_metadata_add(frame, FL_META_TEXT, key, text, (uint16_t)length);
}

/* The entry of that key; of two with one key the last. FL_E_NOT_FOUND: there is none; FL_E_FRAME: damaged. */
FL_API int fl_metadata_find(const fl_frame *frame, const char *key, fl_metadata_entry *found) {
  size_t key_bytes = strlen(key);
  fl_metadata_entry entry;
  uint32_t at = 0;
  int status, result = FL_E_NOT_FOUND;
  while ((status = fl_metadata_next(frame, &at, &entry)) == FL_OK) {
    if (entry.key_bytes != key_bytes || memcmp(entry.key, key, key_bytes) != 0) continue;
    *found = entry;
    result = FL_OK;
  }
  return status == FL_AGAIN ? result : status;
}

FL_API int fl__metadata_fixed(const fl_frame *frame, uint8_t type, const char *key, void *value, uint16_t bytes) {
  fl_metadata_entry entry;
  int status = fl_metadata_find(frame, key, &entry);
  if (status != FL_OK) return status;
  if (entry.type != type) return FL_E_ARGUMENT;
  if (entry.value_bytes != bytes) return FL_E_FRAME;
  memcpy(value, entry.value, bytes);
  return FL_OK;
}

/* Values by key. FL_E_NOT_FOUND: no such key; FL_E_ARGUMENT: the value is of another type; *value stays as it was. */
FL_API int fl_metadata_bool(const fl_frame *frame, const char *key, bool *value) {
  uint8_t byte;
  int status = fl__metadata_fixed(frame, FL_META_BOOL, key, &byte, 1);
  if (status == FL_OK) *value = byte != 0;
  return status;
}
FL_API int fl_metadata_int(const fl_frame *frame, const char *key, int64_t *value) {
  return fl__metadata_fixed(frame, FL_META_INT, key, value, 8);
}
/* A number of either kind: other languages send whole numbers as integers. */
FL_API int fl_metadata_float(const fl_frame *frame, const char *key, double *value) {
  int64_t whole;
  int status = fl__metadata_fixed(frame, FL_META_FLOAT, key, value, 8);
  if (status != FL_E_ARGUMENT) return status;
  status = fl_metadata_int(frame, key, &whole);
  if (status == FL_OK) *value = (double)whole;
  return status;
}
/* Copies the text into `text`, of `size` bytes, and ends it with a NUL. FL_E_TOO_LARGE: it does not fit. */
FL_API int fl_metadata_text(const fl_frame *frame, const char *key, char *text, size_t size) {
  fl_metadata_entry entry;
  int status = fl_metadata_find(frame, key, &entry);
  if (status != FL_OK) return status;
  if (entry.type != FL_META_TEXT) return FL_E_ARGUMENT;
  if (entry.value_bytes >= size) return FL_E_TOO_LARGE;
  memcpy(text, entry.value, entry.value_bytes);
  text[entry.value_bytes] = '\0';
  return FL_OK;
}

/* ---- publisher ------------------------------------------------------------------------------------------------- */

typedef struct fl_publisher_options {
  uint64_t capacity; /* most bytes of one frame */
  uint32_t slots;    /* 0: 8 */
  uint32_t readers;  /* 0: 64 */
  bool lossless;
  uint32_t mode;     /* permission bits; 0: 0600, or 0660 with a group */
  int64_t group;     /* group id + 1; 0: none */
  const volatile sig_atomic_t *stop; /* waiting ends (FL_STOPPED) once it is not 0: set it in a signal handler */
} fl_publisher_options;

typedef struct fl_publisher {
  fl_map map;
  uint64_t latest;                 /* ticket */
  uint64_t ticket[FL_MAX_SLOTS];   /* what this producer put into each STATE: it is the only writer */
  bool on_loan[FL_MAX_SLOTS];
  uint32_t advance_seen;           /* ADVANCE before the last vain look for a free slot */
  uint64_t dropped;                /* frames that found no free slot, over the ring's life */
  const volatile sig_atomic_t *stop;
} fl_publisher;

/* Whether a live reader pins the slot, or a live lossless reader has not taken the frame in it yet. */
FL_API bool fl__held(const fl_map *map, uint32_t slot, uint64_t ticket) {
  uint32_t high = fl__load32(fl__at(map, FL_AT_HIGH_WATER));
  if (high > map->readers) high = map->readers;
  for (uint32_t i = 0; i < high; i++) {
    const uint8_t *reader = fl__reader(map, i);
    /* The cursor first: a reader pins before it moves its cursor on. */
    bool waits = (fl__load64(reader + FL_READER_OWNER) & FL_OWNER_LOSSLESS) != 0 && ticket != 0 &&
                 fl__load64(reader + FL_READER_CURSOR) < fl__seq(ticket);
    bool pins = false;
    for (uint32_t k = 0; k < FL_PINS; k++) pins |= fl__load32(reader + FL_READER_PIN + 4 * k) == slot + 1;
    if ((waits || pins) && fl__locked(map->fd, fl__reader_at(map, i))) return true;
  }
  return false;
}

/* The slot with the oldest frame whose (ticket, index) lies above `after`; empty ones first. -1: none. */
FL_API int fl__oldest_after(const fl_publisher *pub, int after) {
  int best = -1;
  for (int i = 0; i < (int)pub->map.slots; i++) {
    if (pub->on_loan[i] || (pub->latest != 0 && pub->ticket[i] == pub->latest)) continue;
    bool above = after < 0 || pub->ticket[i] > pub->ticket[after] || (pub->ticket[i] == pub->ticket[after] && i > after);
    bool older = best < 0 || pub->ticket[i] < pub->ticket[best];
    if (above && older) best = i;
  }
  return best;
}

/* Takes one slot unless somebody holds it: STATE goes to 0 first, so that whoever pins after that finds it gone. */
FL_API bool fl__acquire_slot(fl_publisher *pub, uint32_t slot) {
  uint8_t *state = fl__slot(&pub->map, slot) + FL_SLOT_STATE;
  if (fl__held(&pub->map, slot, pub->ticket[slot])) return false;
  fl__store64(state, 0);
  fl__fence();
  if (fl__held(&pub->map, slot, pub->ticket[slot])) {
    fl__store64(state, pub->ticket[slot]);
    return false;
  }
  pub->ticket[slot] = 0;
  pub->on_loan[slot] = true;
  return true;
}

FL_API int fl__acquire_once(fl_publisher *pub, uint32_t *slot) {
  for (int next = fl__oldest_after(pub, -1); next >= 0; next = fl__oldest_after(pub, next)) {
    if (fl__acquire_slot(pub, (uint32_t)next)) {
      *slot = (uint32_t)next;
      return FL_OK;
    }
  }
  return FL_AGAIN;
}

/* A reader that catches up walks from slot to slot in the order in which we look, and can seem to be everywhere: one
 * vain look does not show that every slot is held. */
FL_API int fl__acquire(fl_publisher *pub, uint32_t *slot) {
  int status = FL_AGAIN;
  for (int look = 0; look < 3 && status == FL_AGAIN; look++) status = fl__acquire_once(pub, slot);
  return status;
}

/* Borrows a slot to write `capacity` bytes at fl_publisher_pixels(). FL_AGAIN: none free; on a lossy ring the frame
 * was counted as dropped. On a lossless ring wait with fl_publisher_wait(). */
FL_API int fl_publisher_loan(fl_publisher *pub, uint32_t *slot) {
  bool lossless = (pub->map.flags & FL_FLAG_LOSSLESS) != 0;
  pub->advance_seen = fl__load32(fl__at(&pub->map, FL_AT_ADVANCE));
  int status = fl__acquire(pub, slot);
  if (status == FL_AGAIN && lossless) {
    /* Say that we wait, then look again: whoever moves on after this look sees the word and wakes us. */
    fl__store32(fl__at(&pub->map, FL_AT_WAITING), 1);
    fl__fence();
    status = fl__acquire(pub, slot);
  }
  if (status == FL_OK && lossless) fl__store32(fl__at(&pub->map, FL_AT_WAITING), 0);
  if (status == FL_AGAIN && !lossless) fl__store64(fl__at(&pub->map, FL_AT_DROPPED), ++pub->dropped);
  return status;
}

/* Waits after a vain loan on a lossless ring, at most `timeout_ms` (a killed reader wakes nobody: use <= 100). */
FL_API void fl_publisher_wait(fl_publisher *pub, int64_t timeout_ms) {
  fl__sleep(fl__at(&pub->map, FL_AT_ADVANCE), pub->advance_seen, timeout_ms);
}

/* Where to write the pixels of a borrowed slot: `capacity` bytes, still with whatever the slot held before. */
FL_API uint8_t *fl_publisher_pixels(const fl_publisher *pub, uint32_t slot) { return fl__pixels(&pub->map, slot); }

/* Gives a borrowed slot back unused. */
FL_API int fl_publisher_abandon(fl_publisher *pub, uint32_t slot) {
  if (slot >= pub->map.slots || !pub->on_loan[slot]) return FL_E_ARGUMENT;
  pub->on_loan[slot] = false;
  return FL_OK;
}

FL_API void fl__notify(fl_map *map) {
  void *word = fl__at(map, FL_AT_NOTIFY);
  fl__store32(word, fl__load32(word) + 1);
  fl__wake(word);
}

/* Publishes a borrowed slot. The frame's format, sizes, strides, offsets, payload, capture time, area and metadata are
 * the caller's; seq and publish_time are filled in. */
FL_API int fl_publisher_publish(fl_publisher *pub, uint32_t slot, fl_frame *frame) {
  if (slot >= pub->map.slots || !pub->on_loan[slot]) return FL_E_ARGUMENT;
  if (frame->payload > pub->map.capacity) return FL_E_TOO_LARGE;
  if (!fl__frame_sane(frame, pub->map.capacity)) return FL_E_FRAME;
  frame->seq = fl__seq(pub->latest) + 1;
  frame->publish_time = fl__monotonic();
  uint64_t ticket = frame->seq << 8 | (slot + 1);
  uint8_t *header = fl__slot(&pub->map, slot);
  fl__write_slot(header, frame);
  fl__store64(header + FL_SLOT_STATE, ticket);
  fl__store64(fl__at(&pub->map, FL_AT_LATEST), ticket);
  fl__notify(&pub->map);
  pub->latest = pub->ticket[slot] = ticket;
  pub->on_loan[slot] = false;
  return FL_OK;
}

/* Readers that are attached now; only those that hold frames back with `lossless_only`. */
FL_API uint32_t fl_publisher_readers(const fl_publisher *pub, bool lossless_only) {
  uint32_t count = 0;
  uint32_t high = fl__load32(fl__at(&pub->map, FL_AT_HIGH_WATER));
  for (uint32_t i = 0; i < high && i < pub->map.readers; i++) {
    uint64_t owner = fl__load64(fl__reader(&pub->map, i) + FL_READER_OWNER);
    bool counts = owner != 0 && (!lossless_only || (owner & FL_OWNER_LOSSLESS) != 0);
    count += counts && fl__locked(pub->map.fd, fl__reader_at(&pub->map, i));
  }
  return count;
}

/* Ends the ring: readers take what is left, then see FL_CLOSED. The name goes, unless `keep`. Loans end unpublished. */
FL_API void fl_publisher_close(fl_publisher *pub, bool keep) {
  if (pub->map.base == NULL) return;
  memset(pub->on_loan, 0, sizeof pub->on_loan);
  if (fl__whole(&pub->map)) {
    fl__store32(fl__at(&pub->map, FL_AT_STATE), FL_STATE_CLOSED);
    fl__notify(&pub->map);
  }
  if (!keep && fl__still_named(&pub->map)) unlink(pub->map.path);
  fl__unmap(&pub->map);
}

FL_API uint64_t fl__nonce(void) {
  uint64_t nonce = 0;
  if (syscall(SYS_getrandom, &nonce, sizeof nonce, 0) != (long)sizeof nonce) nonce = fl__monotonic();
  return nonce | 1;
}

FL_API void fl__plan(fl_map *map, const fl_publisher_options *options) {
  map->slots = options->slots;
  map->readers = options->readers;
  map->flags = options->lossless ? FL_FLAG_LOSSLESS : 0;
  map->capacity = options->capacity;
  map->data_stride = fl__round_up(options->capacity);
  map->reader_table = FL_REGION;
  map->slot_table = map->reader_table + fl__round_up((uint64_t)map->readers * FL_READER_BYTES);
  map->data = map->slot_table + fl__round_up((uint64_t)map->slots * FL_SLOT_BYTES);
  map->total = map->data + map->slots * map->data_stride;
  map->nonce = fl__nonce();
}

FL_API void fl__put32(const fl_map *map, uint64_t at, uint32_t value) { fl__store32(fl__at(map, at), value); }
FL_API void fl__put64(const fl_map *map, uint64_t at, uint64_t value) { fl__store64(fl__at(map, at), value); }

FL_API void fl__write_header(const fl_map *map) {
  fl__put32(map, FL_AT_VERSION, FL_VERSION);
  fl__put32(map, FL_AT_HEADER_BYTES, FL_REGION);
  fl__put64(map, FL_AT_TOTAL, map->total);
  fl__put64(map, FL_AT_NONCE, map->nonce);
  fl__put32(map, FL_AT_SLOTS, map->slots);
  fl__put32(map, FL_AT_READERS, map->readers);
  fl__put32(map, FL_AT_PINS, FL_PINS);
  fl__put32(map, FL_AT_READER_STRIDE, FL_READER_BYTES);
  fl__put64(map, FL_AT_READER_TABLE, map->reader_table);
  fl__put64(map, FL_AT_SLOT_TABLE, map->slot_table);
  fl__put32(map, FL_AT_SLOT_STRIDE, FL_SLOT_BYTES);
  fl__put32(map, FL_AT_FLAGS, map->flags);
  fl__put64(map, FL_AT_DATA, map->data);
  fl__put64(map, FL_AT_DATA_STRIDE, map->data_stride);
  fl__put64(map, FL_AT_CAPACITY, map->capacity);
  fl__put64(map, FL_AT_CREATED, fl_now());
  fl__put64(map, FL_AT_EPOCH, 1);
  fl__put32(map, FL_AT_PID, (uint32_t)getpid());
  fl__put32(map, FL_AT_STATE, FL_STATE_LIVE);
  fl__put64(map, FL_AT_MAGIC, FL_MAGIC);
}

/* Lets the group in, and sets the permission bits. */
FL_API int fl__give_rights(const fl_map *map, const fl_publisher_options *options) {
  uint32_t mode = options->mode != 0 ? options->mode : options->group != 0 ? 0660 : 0600;
  if (options->group != 0 && fchown(map->fd, (uid_t)-1, (gid_t)(options->group - 1)) != 0) return fl__errno_status();
  return fchmod(map->fd, mode & 0777) == 0 ? FL_OK : fl__errno_status();
}

/* Reserves the segment's memory: ftruncate on a full tmpfs would succeed, and the first write would be SIGBUS. Piece by
 * piece, because a signal undoes the whole call: a profiler's timer would never let a large one through. */
FL_API int fl__reserve(int fd, uint64_t total) {
  const uint64_t piece = 4 << 20;
  struct statvfs room;
  /* Not to fill all memory first: a tmpfs may promise more than the machine has. */
  uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
  if (total > memory || (fstatvfs(fd, &room) == 0 && room.f_blocks != 0 && total > (uint64_t)room.f_bavail * room.f_frsize)) {
    errno = ENOSPC;
    return FL_E_NO_SPACE;
  }
  for (uint64_t at = 0; at < total; at += piece) {
    int failed = EINTR;
    for (int attempt = 0; attempt < 1000 && failed == EINTR; attempt++) {
      failed = posix_fallocate(fd, (off_t)at, (off_t)(total - at < piece ? total - at : piece));
    }
    if (failed != 0) {
      errno = failed;
      return fl__errno_status();
    }
  }
  return FL_OK;
}

/* Makes the file without a name, so that a crash before the link leaves nothing. */
FL_API int fl__create_file(fl_map *map, const fl_publisher_options *options) {
  map->fd = open(fl__folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (map->fd < 0) return fl__errno_status();
  int status = fl__give_rights(map, options);
  if (status != FL_OK) return status;
  status = fl__reserve(map->fd, map->total);
  if (status != FL_OK) return status;
  return fl__map_file(map, PROT_READ | PROT_WRITE);
}

/* Makes a new segment and links it under its name. FL_AGAIN: somebody else linked one meanwhile. */
FL_API int fl__create(fl_publisher *pub, const char *name, const fl_publisher_options *options) {
  char self[64];
  fl_map *map = &pub->map;
  memset(pub, 0, sizeof *pub);
  map->fd = -1;
  int status = fl__path(map->path, sizeof map->path, name);
  if (status != FL_OK) return status;
  fl__plan(map, options);
  status = fl__create_file(map, options);
  if (status != FL_OK) return status;
  fl__write_header(map);
  if (!fl__lock(map->fd, F_WRLCK, FL_LOCK_PRODUCER)) return FL_E_SYSTEM;
  snprintf(self, sizeof self, "/proc/self/fd/%d", map->fd);
  if (linkat(AT_FDCWD, self, AT_FDCWD, map->path, AT_SYMLINK_FOLLOW) == 0) return FL_OK;
  return errno == EEXIST ? FL_AGAIN : fl__errno_status();
}

FL_API bool fl__same_geometry(const fl_map *map, const fl_publisher_options *options) {
  return map->slots == options->slots && map->readers == options->readers && map->capacity == options->capacity &&
         map->flags == (options->lossless ? FL_FLAG_LOSSLESS : 0u);
}

/* Goes on where a dead producer stopped. The newest frame may have its STATE but not yet its LATEST. FL_E_DAMAGED: the
 * numbers cannot come from counting. */
FL_API int fl__resume(fl_publisher *pub) {
  fl_map *map = &pub->map;
  uint64_t latest = fl__load64(fl__at(map, FL_AT_LATEST));
  for (uint32_t i = 0; i < map->slots; i++) {
    uint64_t ticket = fl__load64(fl__slot(map, i) + FL_SLOT_STATE);
    /* A ticket that names another slot is damage: treat the slot as empty. */
    if ((ticket & 0xff) != i + 1) ticket = 0;
    pub->ticket[i] = ticket;
    if (ticket > latest) latest = ticket;
  }
  if (fl__seq(latest) >= 1ull << 55) return FL_E_DAMAGED;
  pub->latest = latest;
  pub->dropped = fl__load64(fl__at(map, FL_AT_DROPPED));
  fl__put64(map, FL_AT_LATEST, latest);
  fl__put32(map, FL_AT_WAITING, 0);
  fl__put64(map, FL_AT_EPOCH, fl__load64(fl__at(map, FL_AT_EPOCH)) + 1);
  fl__put32(map, FL_AT_PID, (uint32_t)getpid());
  fl__put32(map, FL_AT_STATE, FL_STATE_LIVE);
  fl__notify(map);
  return FL_OK;
}

/* Whether the file is this user's: into somebody else's we would write frames that our mode hides from him. */
FL_API bool fl__own_file(const fl_map *map) {
  struct stat file;
  return fstat(map->fd, &file) == 0 && file.st_uid == geteuid();
}

/* Takes the name away from a segment whose producer lock we hold, and tells its readers to look again. */
FL_API int fl__retire(fl_map *map) {
  if (unlink(map->path) != 0 && errno != ENOENT) return fl__errno_status();
  if (map->base == NULL) return FL_AGAIN;
  fl__put32(map, FL_AT_STATE, FL_STATE_REPLACED);
  fl__notify(map);
  return FL_AGAIN;
}

/* Deals with a segment that has the name already: FL_OK: taken over; FL_AGAIN: out of the way, create a new one. */
FL_API int fl__take_over(fl_publisher *pub, const char *name, const fl_publisher_options *options) {
  fl_map *map = &pub->map;
  memset(pub, 0, sizeof *pub);
  int status = fl__open_file(map, name, O_RDWR);
  if (map->fd < 0) return status == FL_E_NOT_FOUND ? FL_AGAIN : status;
  if (status == FL_E_VERSION) return status; /* who lives there we could not tell */
  bool understood = status == FL_OK;
  if (!fl__lock(map->fd, F_WRLCK, FL_LOCK_PRODUCER)) return FL_E_BUSY;
  if (!fl__still_named(map)) return FL_AGAIN;
  if (understood) status = fl__map_file(map, PROT_READ | PROT_WRITE);
  if (understood && status != FL_OK) return status;
  if (understood && fl__same_geometry(map, options) && fl__own_file(map)) {
    status = fl__give_rights(map, options);
    if (status == FL_OK) status = fl__resume(pub);
    if (status != FL_E_DAMAGED) return status;
  }
  return fl__retire(map);
}

FL_API bool fl__options_sane(const fl_publisher_options *o) {
  return o->capacity >= 1 && o->capacity <= FL_MAX_BYTES / 256 && o->slots >= 2 && o->slots <= FL_MAX_SLOTS &&
         o->readers >= 1 && o->readers <= FL_MAX_READERS && (o->mode & ~0777u) == 0;
}

/* Becomes the producer of ring `name`: a new one, or one that a dead producer left. FL_E_BUSY: it has a live one. */
FL_API int fl_publisher_open(fl_publisher *pub, const char *name, const fl_publisher_options *wanted) {
  fl_publisher_options options = *wanted;
  memset(pub, 0, sizeof *pub);
  pub->map.fd = -1;
  if (options.slots == 0) options.slots = 8;
  if (options.readers == 0) options.readers = 64;
  if (!fl_valid_name(name)) return FL_E_NAME;
  if (!fl__options_sane(&options)) return FL_E_ARGUMENT;
  int status = FL_AGAIN;
  /* Two producers that start together can take the name from each other only so often. */
  for (int attempt = 0; attempt < 16 && status == FL_AGAIN; attempt++) {
    status = fl__take_over(pub, name, &options);
    if (status != FL_OK) fl__unmap(&pub->map);
    if (status != FL_AGAIN) break;
    status = fl__create(pub, name, &options);
    if (status != FL_OK) fl__unmap(&pub->map);
  }
  pub->stop = options.stop;
  return status == FL_AGAIN ? FL_E_BUSY : status;
}

FL_API int64_t fl__left(uint64_t start, int64_t limit_ms) {
  int64_t gone = (int64_t)((fl__monotonic() - start) / 1000000);
  return gone >= limit_ms ? 0 : limit_ms - gone;
}

FL_API bool fl__stopped(const volatile sig_atomic_t *stop) { return stop != NULL && *stop != 0; }

/* Sleeps on ADVANCE for the part of `timeout_ms` that is left. FL_AGAIN: look again. */
FL_API int fl__publisher_pause(fl_publisher *pub, uint64_t start, int64_t timeout_ms) {
  int64_t left = timeout_ms < 0 ? 100 : fl__left(start, timeout_ms);
  if (fl__stopped(pub->stop)) return FL_STOPPED;
  if (left == 0) return FL_E_TIMEOUT;
  fl_publisher_wait(pub, left < 100 ? left : 100);
  return FL_AGAIN;
}

/* As fl_publisher_loan(), but on a lossless ring waits for a free slot, at most `timeout_ms` (< 0: for ever):
 * FL_E_TIMEOUT, FL_STOPPED. On a lossy ring FL_AGAIN comes at once. */
FL_API int fl_publisher_loan_wait(fl_publisher *pub, uint32_t *slot, int64_t timeout_ms) {
  uint64_t start = fl__monotonic();
  int status = fl_publisher_loan(pub, slot);
  while (status == FL_AGAIN && (pub->map.flags & FL_FLAG_LOSSLESS) != 0) {
    status = fl__publisher_pause(pub, start, timeout_ms);
    if (status == FL_AGAIN) status = fl_publisher_loan(pub, slot);
  }
  return status;
}

/* Waits until `count` readers are attached, at most `timeout_ms` (< 0: for ever): FL_E_TIMEOUT, FL_STOPPED. */
FL_API int fl_publisher_wait_readers(fl_publisher *pub, uint32_t count, bool lossless_only, int64_t timeout_ms) {
  uint64_t start = fl__monotonic();
  for (;;) {
    pub->advance_seen = fl__load32(fl__at(&pub->map, FL_AT_ADVANCE));
    if (fl_publisher_readers(pub, lossless_only) >= count) return FL_OK;
    int status = fl__publisher_pause(pub, start, timeout_ms);
    if (status != FL_AGAIN) return status;
  }
}

/* Copies a whole frame whose planes lie at `frame->data` + offset into a slot and publishes it. Waits for room as
 * fl_publisher_loan_wait() does; FL_AGAIN: the ring is lossy, no slot was free, the frame was dropped. */
FL_API int fl_publisher_write(fl_publisher *pub, fl_frame *frame, int64_t timeout_ms) {
  uint32_t slot;
  if (frame->payload > pub->map.capacity) return FL_E_TOO_LARGE;
  int status = fl_publisher_loan_wait(pub, &slot, timeout_ms);
  if (status != FL_OK) return status;
  memcpy(fl_publisher_pixels(pub, slot), frame->data, frame->payload);
  status = fl_publisher_publish(pub, slot, frame);
  if (status != FL_OK) fl_publisher_abandon(pub, slot);
  return status;
}

/* ---- subscriber ------------------------------------------------------------------------------------------------ */

typedef enum fl_mode { FL_EVERY = 0, FL_LATEST = 1 } fl_mode;
typedef enum fl_lossless { FL_AS_RING = 0, FL_LOSSLESS = 1, FL_LOSSY = 2 } fl_lossless;
typedef enum fl_start { FL_DEFAULT_START = 0, FL_OLDEST = 1, FL_NEWEST = 2 } fl_start;

typedef struct fl_subscriber_options {
  fl_mode mode;          /* every frame in order, or the latest */
  fl_lossless lossless;  /* FL_AS_RING: as the ring is, for FL_EVERY */
  fl_start start;        /* default: oldest when lossless, otherwise the newest frame there is */
  int64_t takeover_ms;   /* how long fl_subscriber_next() waits for a new producer when one died; 0: for ever */
  bool writable;         /* map the pixels writable (languages that cannot say "read only" in memory) */
  const volatile sig_atomic_t *stop; /* waiting ends (FL_STOPPED) once it is not 0: set it in a signal handler */
} fl_subscriber_options;

typedef struct fl_subscriber {
  fl_map map;
  fl_subscriber_options options;
  char name[FL_NAME_BYTES + 1];
  uint32_t reader;       /* its entry */
  bool lossless;
  bool started;          /* a frame was taken: from now on gaps count */
  uint64_t last;         /* seq of the last frame taken */
  uint64_t missed;       /* frames that were published and not taken */
  uint32_t notify_seen;  /* NOTIFY before the last vain look */
  uint64_t gone_since;   /* since when no producer was seen, monotonic ns; 0: it lives */
  bool pinned[FL_PINS];
} fl_subscriber;

FL_API uint8_t *fl__entry(const fl_subscriber *sub) { return fl__reader(&sub->map, sub->reader); }

FL_API void fl__bump_advance(const fl_map *map) {
  void *word = fl__at(map, FL_AT_ADVANCE);
  __atomic_fetch_add((uint32_t *)word, 1, __ATOMIC_SEQ_CST);
  fl__wake(word);
}

/* Tells a waiting producer that something was given back. */
FL_API void fl__advanced(const fl_map *map) {
  if ((map->flags & FL_FLAG_LOSSLESS) == 0) return;
  fl__fence();
  if (fl__load32(fl__at(map, FL_AT_WAITING)) != 0) fl__bump_advance(map);
}

FL_API int fl__lock_attach(fl_map *map) {
  const struct timespec nap = {0, 200000};
  for (int i = 0; i < 25000; i++) { /* 5 s: the holder needs microseconds, unless it was stopped */
    if (fl__lock(map->fd, F_WRLCK, FL_LOCK_ATTACH)) return FL_OK;
    if (errno != EAGAIN && errno != EACCES) return FL_E_SYSTEM;
    nanosleep(&nap, NULL);
  }
  return FL_E_TIMEOUT;
}

/* Takes a free entry of the reader table: whoever holds its lock owns it. */
FL_API int fl__take_seat(fl_subscriber *sub) {
  fl_map *map = &sub->map;
  for (uint32_t i = 0; i < map->readers; i++) {
    if (!fl__lock(map->fd, F_WRLCK, fl__reader_at(map, i))) continue;
    sub->reader = i;
    uint8_t *entry = fl__entry(sub);
    for (uint32_t k = 0; k < FL_PINS; k++) fl__store32(entry + FL_READER_PIN + 4 * k, 0);
    fl__store64(entry + FL_READER_CURSOR, 0);
    fl__store64(entry + FL_READER_OWNER, (uint32_t)getpid());
    if (i >= fl__load32(fl__at(map, FL_AT_HIGH_WATER))) fl__put32(map, FL_AT_HIGH_WATER, i + 1);
    fl__fence();
    return FL_OK;
  }
  return FL_E_NO_SEAT;
}

/* The number before the oldest frame from which on none is missing up to LATEST. What is older than a gap is only there
 * because somebody holds it. */
FL_API uint64_t fl__before_oldest(const fl_map *map) {
  uint64_t first = fl__seq(fl__load64(fl__at(map, FL_AT_LATEST)));
  bool found = first > 1;
  for (uint32_t pass = 0; found && pass < map->slots; pass++) {
    found = false;
    for (uint32_t i = 0; i < map->slots; i++) {
      uint64_t ticket = fl__load64(fl__slot(map, i) + FL_SLOT_STATE);
      if ((ticket & 0xff) != i + 1 || fl__seq(ticket) != first - 1) continue;
      first--;
      found = true;
    }
  }
  return first == 0 ? 0 : first - 1;
}

/* Chooses where to start. A lossless reader holds back whatever its cursor has not passed, from here on. */
FL_API void fl__choose_start(fl_subscriber *sub, fl_start start) {
  fl_map *map = &sub->map;
  uint8_t *entry = fl__entry(sub);
  if (sub->lossless) {
    fl__store64(entry + FL_READER_OWNER, (uint32_t)getpid() | FL_OWNER_LOSSLESS);
    fl__fence();
  }
  if (start == FL_DEFAULT_START) start = sub->lossless ? FL_OLDEST : FL_NEWEST;
  sub->last = 0;
  sub->started = false;
  if (start == FL_OLDEST) {
    if (sub->lossless) fl__store64(entry + FL_READER_CURSOR, sub->last = fl__before_oldest(map));
    return;
  }
  for (;;) {
    uint64_t latest = fl__load64(fl__at(map, FL_AT_LATEST));
    sub->last = latest == 0 ? 0 : fl__seq(latest) - 1;
    fl__store64(entry + FL_READER_CURSOR, sub->last);
    fl__fence();
    if (fl__load64(fl__at(map, FL_AT_LATEST)) == latest) return;
  }
}

/* Attaches to the segment that has the name now, with the pixels mapped read-only unless asked otherwise. */
FL_API int fl__attach(fl_subscriber *sub, fl_start start) {
  fl_map *map = &sub->map;
  memset(sub->pinned, 0, sizeof sub->pinned);
  sub->gone_since = 0;
  int status = fl__open_map(map, sub->name, O_RDWR, PROT_READ | PROT_WRITE);
  if (status != FL_OK) return status;
  bool ring_lossless = (map->flags & FL_FLAG_LOSSLESS) != 0;
  if (sub->options.lossless == FL_LOSSLESS && !ring_lossless) return FL_E_LOSSY;
  sub->lossless = ring_lossless && sub->options.lossless != FL_LOSSY &&
                  (sub->options.lossless == FL_LOSSLESS || sub->options.mode == FL_EVERY);
  if (!sub->options.writable && mprotect(fl__at(map, map->data), map->total - map->data, PROT_READ) != 0) {
    return fl__errno_status();
  }
  status = fl__lock_attach(map);
  if (status != FL_OK) return status;
  status = fl__take_seat(sub);
  fl__lock(map->fd, F_UNLCK, FL_LOCK_ATTACH);
  if (status != FL_OK) return status;
  fl__choose_start(sub, start);
  if (ring_lossless) fl__bump_advance(map);
  return FL_OK;
}

/* Attaches to ring `name`; `options` may be NULL: every frame, as lossless as the ring is. */
FL_API int fl_subscriber_open(fl_subscriber *sub, const char *name, const fl_subscriber_options *options) {
  memset(sub, 0, sizeof *sub);
  sub->map.fd = -1;
  if (!fl_valid_name(name)) return FL_E_NAME;
  if (options != NULL) sub->options = *options;
  strcpy(sub->name, name);
  int status = fl__attach(sub, sub->options.start);
  if (status != FL_OK) fl__unmap(&sub->map);
  return status;
}

/* As fl_subscriber_open(), but waits for the ring to appear, at most `timeout_ms` (< 0: for ever): FL_E_NOT_FOUND,
 * FL_STOPPED. */
FL_API int fl_subscriber_open_wait(fl_subscriber *sub, const char *name, const fl_subscriber_options *options,
                                   int64_t timeout_ms) {
  const struct timespec nap = {0, 10000000};
  uint64_t start = fl__monotonic();
  for (;;) {
    int status = fl_subscriber_open(sub, name, options);
    if (status != FL_E_NOT_FOUND || (timeout_ms >= 0 && fl__left(start, timeout_ms) == 0)) return status;
    if (fl__stopped(sub->options.stop)) return FL_STOPPED;
    nanosleep(&nap, NULL);
  }
}

/* Pins a slot if its STATE still is `ticket`; *pin is the entry used. */
FL_API bool fl__pin(fl_subscriber *sub, uint64_t ticket, uint32_t pin) {
  uint32_t slot = (uint32_t)(ticket & 0xff) - 1;
  uint8_t *word = fl__entry(sub) + FL_READER_PIN + 4 * pin;
  __atomic_store_n((uint32_t *)word, slot + 1, __ATOMIC_RELAXED);
  fl__fence();
  if (fl__load64(fl__slot(&sub->map, slot) + FL_SLOT_STATE) == ticket) return true;
  fl__store32(word, 0);
  return false;
}

FL_API void fl__unpin(fl_subscriber *sub, uint32_t pin) {
  fl__store32(fl__entry(sub) + FL_READER_PIN + 4 * pin, 0);
  sub->pinned[pin] = false;
  fl__advanced(&sub->map);
}

/* Smallest STATE whose seq is above `last`; 0: none. */
FL_API uint64_t fl__smallest_above(const fl_map *map, uint64_t last) {
  uint64_t best = 0;
  for (uint32_t i = 0; i < map->slots; i++) {
    uint64_t ticket = fl__load64(fl__slot(map, i) + FL_SLOT_STATE);
    bool ours = (ticket & 0xff) == i + 1; /* anything else is damage */
    if (ours && fl__seq(ticket) > last && (best == 0 || ticket < best)) best = ticket;
  }
  return best;
}

FL_API uint64_t fl__next_ticket(const fl_subscriber *sub) {
  uint64_t ticket = fl__smallest_above(&sub->map, sub->last);
  /* A frame published while we looked may lie in a slot we had passed: with a gap, look once more. */
  if (ticket != 0 && fl__seq(ticket) != sub->last + 1) ticket = fl__smallest_above(&sub->map, sub->last);
  return ticket;
}

FL_API uint64_t fl__latest_ticket(const fl_subscriber *sub) {
  uint64_t ticket = fl__load64(fl__at(&sub->map, FL_AT_LATEST));
  uint32_t slot = (uint32_t)(ticket & 0xff);
  return fl__seq(ticket) > sub->last && slot >= 1 && slot <= sub->map.slots ? ticket : 0;
}

FL_API int fl__free_pin(const fl_subscriber *sub) {
  for (int k = 0; k < FL_PINS; k++) {
    if (!sub->pinned[k]) return k;
  }
  return -1;
}

/* The frame was pinned: note how far we are, read and check its header. */
FL_API int fl__taken(fl_subscriber *sub, uint64_t ticket, uint32_t pin, fl_frame *frame) {
  uint64_t seq = fl__seq(ticket);
  uint32_t slot = (uint32_t)(ticket & 0xff) - 1;
  if (sub->started) sub->missed += seq - sub->last - 1;
  sub->started = true;
  sub->last = seq;
  sub->pinned[pin] = true;
  fl__store64(fl__entry(sub) + FL_READER_CURSOR, seq);
  if (sub->lossless) fl__advanced(&sub->map);
  fl__read_slot(fl__slot(&sub->map, slot), frame);
  frame->slot = slot;
  frame->pin = pin;
  frame->data = fl__pixels(&sub->map, slot);
  if (frame->seq == seq && fl__frame_sane(frame, sub->map.capacity)) return FL_OK;
  frame->seq = seq;
  fl__unpin(sub, pin);
  return FL_E_FRAME;
}

/* Takes a frame, without waiting, by the subscriber's mode. FL_AGAIN: nothing new; FL_CLOSED, FL_REPLACED: the end of
 * this segment; FL_E_FRAME: a frame was damaged and skipped, call again. */
FL_API int fl_subscriber_take(fl_subscriber *sub, fl_frame *frame) {
  int pin = fl__free_pin(sub);
  if (pin < 0) return FL_E_HELD;
  if (sub->map.base == NULL) return FL_REPLACED; /* an attempt to reopen found no ring yet */
  /* Both words before looking: what happens after this shows as a change. */
  sub->notify_seen = fl__load32(fl__at(&sub->map, FL_AT_NOTIFY));
  uint32_t state = fl__load32(fl__at(&sub->map, FL_AT_STATE));
  for (int attempt = 0; attempt < 1000; attempt++) {
    uint64_t ticket = sub->options.mode == FL_LATEST ? fl__latest_ticket(sub) : fl__next_ticket(sub);
    if (ticket == 0) {
      if (state == FL_STATE_LIVE) return FL_AGAIN;
      return state == FL_STATE_CLOSED ? FL_CLOSED : state == FL_STATE_REPLACED ? FL_REPLACED : FL_E_DAMAGED;
    }
    if (fl__pin(sub, ticket, (uint32_t)pin)) return fl__taken(sub, ticket, (uint32_t)pin, frame);
  }
  return FL_AGAIN; /* a producer that laps us a thousand times in a row, or a damaged segment: not our turn */
}

/* Gives a frame back: its memory must not be touched any more. */
FL_API int fl_subscriber_release(fl_subscriber *sub, fl_frame *frame) {
  if (frame->pin >= FL_PINS || !sub->pinned[frame->pin]) return FL_E_ARGUMENT;
  fl__unpin(sub, frame->pin);
  frame->data = NULL;
  return FL_OK;
}

/* Sleeps until something happened since the last vain take, at most `timeout_ms` (< 0: for ever). */
FL_API void fl_subscriber_sleep(fl_subscriber *sub, int64_t timeout_ms) {
  fl__sleep(fl__at(&sub->map, FL_AT_NOTIFY), sub->notify_seen, timeout_ms);
}

/* Whether the ring has a live producer. */
FL_API bool fl_subscriber_producer_alive(const fl_subscriber *sub) {
  return fl__locked(sub->map.fd, FL_LOCK_PRODUCER);
}

FL_API void fl__detach(fl_subscriber *sub) {
  memset(sub->pinned, 0, sizeof sub->pinned);
  if (sub->map.base == NULL) return;
  if (fl__whole(&sub->map)) {
    uint8_t *entry = fl__entry(sub);
    for (uint32_t k = 0; k < FL_PINS; k++) fl__store32(entry + FL_READER_PIN + 4 * k, 0);
    fl__store64(entry + FL_READER_OWNER, 0);
    fl__advanced(&sub->map);
  }
  fl__unmap(&sub->map);
}

/* Leaves the ring; frames still held become invalid. */
FL_API void fl_subscriber_close(fl_subscriber *sub) {
  fl__detach(sub);
  sub->name[0] = '\0'; /* or a late fl_subscriber_next() would attach again */
}

/* After FL_REPLACED: attaches to the segment that has the name now, at its oldest frame; all its frames are new. Every
 * frame must have been released. */
FL_API int fl_subscriber_reopen(fl_subscriber *sub) {
  fl__detach(sub);
  int status = fl__attach(sub, FL_OLDEST);
  if (status != FL_OK) fl__unmap(&sub->map);
  return status;
}

/* Whether frames are held. */
FL_API bool fl__holding(const fl_subscriber *sub) {
  bool any = false;
  for (int k = 0; k < FL_PINS; k++) any |= sub->pinned[k];
  return any;
}

/* Notes that there is no producer; whether it has been gone for options.takeover_ms. */
FL_API bool fl__lost(fl_subscriber *sub) {
  if (sub->gone_since == 0) sub->gone_since = fl__monotonic();
  return sub->options.takeover_ms > 0 && fl__left(sub->gone_since, sub->options.takeover_ms) == 0;
}

/* Sleeps, then looks after the segment and its producer. */
FL_API int fl__idle(fl_subscriber *sub, int64_t timeout_ms) {
  fl_subscriber_sleep(sub, timeout_ms);
  if (!fl__whole(&sub->map)) return FL_E_DAMAGED;
  if (fl_subscriber_producer_alive(sub)) {
    sub->gone_since = 0;
    return FL_AGAIN;
  }
  if (!fl__still_named(&sub->map)) {
    /* It closed between our look and now; or a successor that could not read this segment took its name in silence. */
    return fl__load32(fl__at(&sub->map, FL_AT_NOTIFY)) != sub->notify_seen ? FL_AGAIN : FL_REPLACED;
  }
  return fl__lost(sub) ? FL_E_LOST : FL_AGAIN;
}

/* Attaches to the successor. FL_AGAIN: there is none yet. */
FL_API int fl__follow(fl_subscriber *sub) {
  const struct timespec nap = {0, 2000000};
  uint64_t gone_since = sub->gone_since;
  int status = fl_subscriber_reopen(sub);
  if (status != FL_E_NOT_FOUND) return status;
  sub->gone_since = gone_since;
  nanosleep(&nap, NULL);
  return fl__lost(sub) ? FL_E_LOST : FL_AGAIN;
}

/* Takes the next frame by the subscriber's mode, waiting at most `timeout_ms` (< 0: for ever): FL_E_TIMEOUT. Skips
 * damaged frames, follows a replaced ring, waits out a dead producer as long as options.takeover_ms says (FL_E_LOST).
 * FL_STOPPED: options.stop was set. FL_REPLACED: the ring was replaced while frames of the old one are held: release
 * them, then call again. */
FL_API int fl_subscriber_next(fl_subscriber *sub, fl_frame *frame, int64_t timeout_ms) {
  uint64_t start = fl__monotonic();
  for (;;) {
    int status = fl_subscriber_take(sub, frame);
    int64_t left = timeout_ms < 0 ? 500 : fl__left(start, timeout_ms);
    if (status == FL_AGAIN && fl__stopped(sub->options.stop)) return FL_STOPPED;
    if (status == FL_AGAIN) status = fl__idle(sub, left < 500 ? left : 500);
    if (status == FL_REPLACED) {
      if (fl__holding(sub)) return FL_REPLACED;
      if (fl__stopped(sub->options.stop)) return FL_STOPPED;
      status = fl__follow(sub);
      if (status == FL_OK) continue;
    }
    if (status != FL_AGAIN && status != FL_E_FRAME) return status;
    if (timeout_ms >= 0 && fl__left(start, timeout_ms) == 0) return FL_E_TIMEOUT;
  }
}

/* ---- without a seat -------------------------------------------------------------------------------------------- */

/* Copies the latest frame into fresh memory (free(frame->data)): needs read permission only and takes no reader entry. */
FL_API int fl_snapshot(const char *name, fl_frame *frame) {
  fl_map map;
  frame->data = NULL;
  frame->pin = FL_PINS; /* none: it is not on loan */
  int status = fl__open_file(&map, name, O_RDONLY);
  if (status == FL_OK) {
    void *base = mmap(NULL, map.total, PROT_READ, MAP_SHARED, map.fd, 0);
    status = base == MAP_FAILED ? fl__errno_status() : FL_OK;
    map.base = base == MAP_FAILED ? NULL : (uint8_t *)base;
  }
  for (int attempt = 0; status == FL_OK && attempt < 1000; attempt++) {
    uint64_t ticket = fl__load64(fl__at(&map, FL_AT_LATEST));
    uint32_t slot = (uint32_t)(ticket & 0xff) - 1;
    if (ticket == 0 || slot >= map.slots) {
      status = ticket == 0 ? FL_AGAIN : FL_E_DAMAGED;
      break;
    }
    fl__read_slot(fl__slot(&map, slot), frame);
    bool sane = fl__frame_sane(frame, map.capacity);
    uint8_t *copy = sane ? (uint8_t *)malloc(frame->payload) : NULL;
    if (copy != NULL) memcpy(copy, fl__pixels(&map, slot), frame->payload);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (fl__load64(fl__slot(&map, slot) + FL_SLOT_STATE) == ticket) {
      frame->data = copy;
      frame->slot = slot;
      if (copy == NULL) status = sane ? FL_E_NO_SPACE : FL_E_FRAME;
      break;
    }
    free(copy);
    if (attempt == 999) status = FL_AGAIN;
  }
  fl__unmap(&map);
  return status;
}

#ifdef __cplusplus
}
#endif

#if defined(__cplusplus) && defined(__cpp_exceptions)
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/* ---- C++17: what is borrowed is given back at the end of its scope --------------------------------------------- */

/* Borrowed memory keeps its mapping alive: a Frame may outlive its Subscriber. Types are movable, not copyable. */
namespace framelane {

/* A negative status. errno is in the words where a system call failed. */
class Error : public std::runtime_error {
 public:
  Error(int status, const std::string &subject) : std::runtime_error(words(status, subject)), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  static std::string words(int status, const std::string &subject) {
    std::string text = subject + ": " + fl_status_text(status);
    return status == FL_E_SYSTEM ? text + " (" + strerror(errno) + ")" : text;
  }
  int status_;
};

namespace detail {
inline int check(int status, const std::string &subject) {
  return status < 0 ? throw Error(status, subject) : status;
}
}  // namespace detail

/* A held frame; empty (false) when there was none. Its pixels do not change until it is released. */
class Frame {
 public:
  Frame() = default;
  Frame(Frame &&other) noexcept : ring_(std::move(other.ring_)), raw_(other.raw_) {}
  Frame &operator=(Frame &&other) noexcept {
    std::swap(ring_, other.ring_);
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Frame() { release(); }
  explicit operator bool() const noexcept { return ring_ != nullptr; }

  fl_format format() const noexcept { return raw_.format; }
  std::uint32_t width() const noexcept { return raw_.width; }
  std::uint32_t height() const noexcept { return raw_.height; }
  std::uint32_t planes() const noexcept { return raw_.planes; }
  /* The first pixel of a plane; bytes from row to row, bytes of a row that carry pixels, rows. */
  const std::uint8_t *data(std::uint32_t plane = 0) const noexcept { return raw_.data + raw_.offset[plane]; }
  std::uint32_t stride(std::uint32_t plane = 0) const noexcept { return raw_.stride[plane]; }
  std::uint64_t row_bytes(std::uint32_t plane = 0) const { return fl_row_bytes(raw_.format, plane, raw_.width); }
  std::uint64_t rows(std::uint32_t plane = 0) const { return fl_rows(raw_.format, plane, raw_.height); }
  std::uint64_t sequence() const noexcept { return raw_.seq; }
  std::uint64_t capture_time() const noexcept { return raw_.capture_time; }
  /* Everything else, in C. */
  const fl_frame &raw() const noexcept { return raw_; }

  /* Metadata by key as bool, std::int64_t, double, std::string or std::vector<std::uint8_t> (bytes); empty when it is
   * not there or of another type. Throws Error when it is damaged. */
  template <class T> std::optional<T> get(const std::string &key) const {
    T value{};
    int status;
    if constexpr (std::is_same_v<T, bool>) status = fl_metadata_bool(&raw_, key.c_str(), &value);
    else if constexpr (std::is_same_v<T, std::int64_t>) status = fl_metadata_int(&raw_, key.c_str(), &value);
    else if constexpr (std::is_same_v<T, double>) status = fl_metadata_float(&raw_, key.c_str(), &value);
    else {
      fl_metadata_entry entry{};
      status = fl_metadata_find(&raw_, key.c_str(), &entry);
      constexpr int wanted = std::is_same_v<T, std::string> ? FL_META_TEXT : FL_META_BYTES;
      if (status == FL_OK && entry.type != wanted) status = FL_E_ARGUMENT;
      if (status == FL_OK) value.assign(entry.value, entry.value + entry.value_bytes);
    }
    if (status == FL_E_NOT_FOUND || status == FL_E_ARGUMENT) return std::nullopt;
    detail::check(status, "metadata \"" + key + "\"");
    return value;
  }

  /* Gives the pixels back before the end of the scope. */
  void release() noexcept {
    if (ring_ != nullptr) fl_subscriber_release(ring_.get(), &raw_);
    ring_.reset();
  }

 private:
  friend class Subscriber;
  std::shared_ptr<fl_subscriber> ring_;
  fl_frame raw_{};
};

/* A reader: while (framelane::Frame frame = subscriber.next()) ... */
class Subscriber {
 public:
  /* Waits `wait_ms` for the ring to appear (< 0: for ever). */
  explicit Subscriber(const std::string &name, const fl_subscriber_options &options = {}, std::int64_t wait_ms = 0)
      : name_(name), ring_(fresh()) {
    stopped_ = detail::check(fl_subscriber_open_wait(ring_.get(), name.c_str(), &options, wait_ms), name) == FL_STOPPED;
  }
  Subscriber(Subscriber &&) noexcept = default;
  Subscriber &operator=(Subscriber &&) noexcept = default;

  /* The next frame, waiting at most `timeout_ms` (< 0: for ever). Empty: the producer closed (see closed()), nothing
   * came in time, or options.stop was set. Throws Error. */
  Frame next(std::int64_t timeout_ms = -1) {
    if (ring_ == nullptr || stopped_) return {};
    Frame frame;
    int status = fl_subscriber_next(ring_.get(), &frame.raw_, timeout_ms);
    while (status == FL_REPLACED) { /* frames of the old segment are held: they keep it, we go on with the new one */
      std::shared_ptr<fl_subscriber> after = fresh();
      after->options = ring_->options;
      after->missed = ring_->missed;
      memcpy(after->name, ring_->name, sizeof after->name);
      ring_ = std::move(after);
      status = fl_subscriber_next(ring_.get(), &frame.raw_, timeout_ms);
    }
    closed_ = status == FL_CLOSED;
    if (status == FL_OK) frame.ring_ = ring_;
    else if (status != FL_E_TIMEOUT) detail::check(status, name_);
    return frame;
  }

  /* Whether the producer closed the ring and every frame was taken. */
  bool closed() const noexcept { return closed_; }
  /* Frames that were published and not taken. */
  std::uint64_t missed() const noexcept { return ring_ == nullptr ? 0 : ring_->missed; }
  /* Slots of the ring: two more than can be held by all readers together without losing frames. */
  std::uint32_t slot_count() const noexcept { return ring_ == nullptr ? 0 : ring_->map.slots; }
  /* Leaves the ring, once the last frame is released too. */
  void close() noexcept { ring_.reset(); }

 private:
  static std::shared_ptr<fl_subscriber> fresh() {
    std::shared_ptr<fl_subscriber> ring(new fl_subscriber(), [](fl_subscriber *sub) {
      fl_subscriber_close(sub);
      delete sub;
    });
    ring->map.fd = -1;
    return ring;
  }
  std::string name_;
  std::shared_ptr<fl_subscriber> ring_;
  bool closed_ = false, stopped_ = false;
};

/* A slot to write one frame in place; empty (false) when a lossy ring had none free. Abandoned unless published. */
class Loan {
 public:
  Loan() = default;
  Loan(Loan &&other) noexcept : ring_(std::move(other.ring_)), slot_(other.slot_), raw_(other.raw_) {}
  Loan &operator=(Loan &&other) noexcept {
    std::swap(ring_, other.ring_);
    std::swap(slot_, other.slot_);
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Loan() {
    if (ring_ != nullptr) fl_publisher_abandon(ring_.get(), slot_);
  }
  explicit operator bool() const noexcept { return ring_ != nullptr; }

  std::uint8_t *data(std::uint32_t plane = 0) const noexcept { return raw_.data + raw_.offset[plane]; }
  std::uint32_t stride(std::uint32_t plane = 0) const noexcept { return raw_.stride[plane]; }
  std::uint64_t row_bytes(std::uint32_t plane = 0) const { return fl_row_bytes(raw_.format, plane, raw_.width); }
  std::uint64_t rows(std::uint32_t plane = 0) const { return fl_rows(raw_.format, plane, raw_.height); }
  /* Everything else, in C: capture_time (0: unknown; at first the time of the loan), area. */
  fl_frame &raw() noexcept { return raw_; }

  /* Adds metadata: bool, whole number, floating point number, text (UTF-8), or std::vector<std::uint8_t>. */
  template <class T> Loan &set(const std::string &key, const T &value) {
    int status;
    if constexpr (std::is_same_v<T, bool>) status = fl_metadata_add_bool(&raw_, key.c_str(), value);
    else if constexpr (std::is_floating_point_v<T>) status = fl_metadata_add_float(&raw_, key.c_str(), double(value));
    else if constexpr (std::is_integral_v<T>) {
      bool fits = std::is_signed_v<T> || static_cast<std::uint64_t>(value) <= INT64_MAX;
      status = fits ? fl_metadata_add_int(&raw_, key.c_str(), static_cast<std::int64_t>(value)) : FL_E_ARGUMENT;
    } else if constexpr (std::is_same_v<T, std::vector<std::uint8_t>>) {
      status = add(FL_META_BYTES, key, value.data(), value.size());
    } else {
      std::string_view text(value);
      bool whole = text.find('\0') == std::string_view::npos;
      status = whole ? add(FL_META_TEXT, key, text.data(), text.size()) : FL_E_ARGUMENT;
    }
    detail::check(status, "metadata \"" + key + "\"");
    return *this;
  }

  /* Hands the frame to the readers; returns its number in the ring, from 1. Throws Error. */
  std::uint64_t publish() {
    detail::check(ring_ == nullptr ? FL_E_ARGUMENT : fl_publisher_publish(ring_.get(), slot_, &raw_), "publish");
    ring_.reset();
    return raw_.seq;
  }

 private:
  friend class Publisher;
  int add(std::uint8_t type, const std::string &key, const void *value, std::size_t bytes) {
    if (bytes > FL_METADATA_BYTES) return FL_E_TOO_LARGE;
    return fl_metadata_add(&raw_, type, key.c_str(), bytes == 0 ? "" : value, static_cast<std::uint16_t>(bytes));
  }
  std::shared_ptr<fl_publisher> ring_;
  std::uint32_t slot_ = 0;
  fl_frame raw_{};
};

/* The producer of a ring. Closing it, or the end of its scope, ends its loans: their memory is gone. */
class Publisher {
 public:
  Publisher(const std::string &name, const fl_publisher_options &options)
      : name_(name), ring_(new fl_publisher(), [](fl_publisher *pub) {
          fl_publisher_close(pub, false);
          delete pub;
        }) {
    detail::check(fl_publisher_open(ring_.get(), name.c_str(), &options), name);
  }
  Publisher(Publisher &&) noexcept = default;
  Publisher &operator=(Publisher &&other) noexcept {
    std::swap(name_, other.name_);
    std::swap(ring_, other.ring_);
    return *this;
  }
  ~Publisher() { close(); }

  /* Borrows a slot for such a frame. A lossless ring is waited for, at most `timeout_ms` (< 0: for ever). Empty: a lossy
   * ring had no free slot, the frame was dropped; or the time was over, or options.stop was set. Throws Error. */
  Loan loan(fl_format format, std::uint32_t width, std::uint32_t height, std::int64_t timeout_ms = -1,
            const std::uint32_t *strides = nullptr) {
    Loan loan;
    detail::check(fl_frame_layout_padded(&loan.raw_, format, width, height, strides), name_);
    require_open();
    if (loan.raw_.payload > ring_->map.capacity) throw Error(FL_E_TOO_LARGE, name_);
    int status = fl_publisher_loan_wait(ring_.get(), &loan.slot_, timeout_ms);
    if (status != FL_OK) {
      if (status != FL_E_TIMEOUT) detail::check(status, name_);
      return {};
    }
    loan.raw_.data = fl_publisher_pixels(ring_.get(), loan.slot_);
    loan.raw_.capture_time = fl_now();
    loan.ring_ = ring_;
    return loan;
  }

  /* Waits until `count` readers are attached; false: not in time, or options.stop was set. */
  bool wait_readers(std::uint32_t count, bool lossless_only = false, std::int64_t timeout_ms = -1) {
    require_open();
    int status = fl_publisher_wait_readers(ring_.get(), count, lossless_only, timeout_ms);
    return status != FL_E_TIMEOUT && detail::check(status, name_) == FL_OK;
  }

  /* Frames that found no free slot, over the ring's life. */
  std::uint64_t dropped() const noexcept { return ring_ == nullptr ? 0 : ring_->dropped; }
  /* Ends the ring; the name goes, unless `keep`. */
  void close(bool keep = false) noexcept {
    if (ring_ != nullptr) fl_publisher_close(ring_.get(), keep);
  }

 private:
  void require_open() const {
    if (ring_ == nullptr || ring_->map.base == nullptr) throw Error(FL_E_ARGUMENT, name_ + " was closed");
  }
  std::string name_;
  std::shared_ptr<fl_publisher> ring_;
};

}  // namespace framelane
#endif
#pragma pop_macro("slots")
#endif /* FRAMELANE_H */
