/* What the checks in C and C++ share: each check is a function, run by its name. */
#ifndef CHECK_H
#define CHECK_H
#include "framelane.h"

#define CHECK(what)                                                          \
  do {                                                                       \
    if (!(what)) {                                                           \
      fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #what, errno); \
      exit(1);                                                               \
    }                                                                        \
  } while (0)

typedef struct check {
  const char *name;
  void (*run)(const char *ring);
} check;

/* Without words: the names of the checks. With a name and a ring's name: that check. */
static inline int run_checks(const check *checks, size_t count, int words, char **word) {
  for (size_t i = 0; i < count; i++) {
    if (words < 3) {
      printf("%s\n", checks[i].name);
    } else if (strcmp(word[1], checks[i].name) == 0) {
      checks[i].run(word[2]);
      return 0;
    }
  }
  return words < 3 ? 0 : 2;
}

static inline fl_publisher open_ring(const char *ring, uint32_t slots, bool lossless) {
  fl_publisher pub;
  fl_publisher_options options;
  memset(&options, 0, sizeof options);
  options.capacity = 4096;
  options.slots = slots;
  options.lossless = lossless;
  CHECK(fl_publisher_open(&pub, ring, &options) == FL_OK);
  return pub;
}

/* Publishes 8 x 8 gray pixels that are all `value`. */
static inline int put(fl_publisher *pub, uint8_t value) {
  static uint8_t pixels[64];
  fl_frame frame;
  CHECK(fl_frame_layout(&frame, FL_GRAY8, 8, 8) == FL_OK);
  memset(pixels, value, sizeof pixels);
  frame.data = pixels;
  return fl_publisher_write(pub, &frame, 30);
}

static inline bool all(const uint8_t *pixels, uint8_t value) {
  for (int i = 0; i < 64; i++) {
    if (pixels[i] != value) return false;
  }
  return true;
}

#endif
