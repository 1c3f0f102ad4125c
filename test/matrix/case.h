/*
 * One line of a case file, for the peers in C and C++. The fields are separated by one space (cases.ts writes them):
 *
 *     format width height strides captureTime area seed metadata
 *
 * strides and area are numbers with commas, metadata is key:type:value with semicolons; "-" stands for none. Keys, text
 * and bytes are hexadecimal, a float is its 64 bits in hexadecimal.
 */
#ifndef CASE_H
#define CASE_H
#include "framelane.h"
#include <inttypes.h>

typedef struct test_case {
  fl_format format;
  uint32_t width, height, seed;
  uint32_t strides[FL_MAX_PLANES];
  uint64_t capture_time;
  uint32_t area[4];
  char metadata[2048];
} test_case;

static inline bool parse_case(const char *line, test_case *out) {
  char format[32], strides[64], area[64];
  memset(out, 0, sizeof *out);
  int fields = sscanf(line, "%31s %" SCNu32 " %" SCNu32 " %63s %" SCNu64 " %63s %" SCNu32 " %2047s", format, &out->width,
                      &out->height, strides, &out->capture_time, area, &out->seed, out->metadata);
  uint32_t *s = out->strides, *a = out->area;
  sscanf(strides, "%" SCNu32 ",%" SCNu32 ",%" SCNu32, s, s + 1, s + 2);
  sscanf(area, "%" SCNu32 ",%" SCNu32 ",%" SCNu32 ",%" SCNu32, a, a + 1, a + 2, a + 3);
  out->format = (fl_format)fl_format_named(format);
  return fields == 8 && out->format != 0;
}

/* Bytes from hexadecimal, ended with a NUL; how many there are. */
static inline size_t from_hex(const char *hex, size_t digits, char *out) {
  unsigned byte;
  for (size_t i = 0; i < digits / 2 && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++) out[i] = (char)byte;
  out[digits / 2] = '\0';
  return digits / 2;
}

/* The byte that belongs at a place of a plane: all peers and cases.ts agree on it. */
static inline uint8_t pixel_byte(uint32_t seed, uint32_t plane, uint32_t row, uint32_t column) {
  return (uint8_t)(seed * 167 + plane * 59 + row * 31 + column * 7 + (row * column >> 3));
}

static inline void paint_plane(uint8_t *data, uint32_t plane, uint64_t stride, uint64_t row_bytes, uint64_t rows,
                               uint32_t seed) {
  for (uint32_t row = 0; row < rows; row++) {
    for (uint32_t x = 0; x < row_bytes; x++) data[row * stride + x] = pixel_byte(seed, plane, row, x);
  }
}

/* FNV-1a over the bytes of the rows that carry pixels. */
static inline uint32_t plane_sum(const uint8_t *data, uint64_t stride, uint64_t row_bytes, uint64_t rows) {
  uint32_t sum = 0x811c9dc5u;
  for (uint64_t row = 0; row < rows; row++) {
    for (uint64_t x = 0; x < row_bytes; x++) sum = (sum ^ data[row * stride + x]) * 0x01000193u;
  }
  return sum;
}

static inline void print_hex(const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) printf("%02x", ((const uint8_t *)bytes)[i]);
}

/* What a reader saw of everything but pixels and metadata; the caller goes on behind it. */
static inline void print_facts(const fl_frame *frame) {
  const uint32_t *a = frame->area;
  printf("{\"format\":\"%s\",\"width\":%u,\"height\":%u,\"sequence\":%" PRIu64 ",\"captureTime\":\"%" PRIu64 "\",",
         fl_format_name(frame->format), frame->width, frame->height, frame->seq, frame->capture_time);
  printf("\"area\":\"");
  if (a[2] == 0) printf("-");
  else printf("%u,%u,%u,%u", a[0], a[1], a[2], a[3]);
  printf("\",\"strides\":[");
  for (uint32_t plane = 0; plane < frame->planes; plane++) printf("%s%u", plane > 0 ? "," : "", frame->stride[plane]);
  printf("],");
}

/* Says a word to the test. */
static inline void say(const char *word) {
  printf("%s\n", word);
  fflush(stdout);
}

/* Waits for the test's next word; false when it says no more. */
static inline bool told(void) {
  char word[64];
  return fgets(word, sizeof word, stdin) != NULL;
}

#endif
