/* The C side of the language matrix: `peer produce RING CASES CAPACITY` or `peer read RING`. */
#include "case.h"

static int fail(const char *what, int status) {
  fprintf(stderr, "%s: %s (%d, errno %d)\n", what, fl_status_text(status), status, errno);
  return 1;
}

static int add_entry(fl_frame *frame, char *entry) {
  char key[256], value[FL_METADATA_BYTES + 1];
  char *type = strchr(entry, ':'), *text = strchr(type + 1, ':') + 1;
  from_hex(entry, (size_t)(type - entry), key);
  switch (atoi(type + 1)) {
    case FL_META_BOOL: return fl_metadata_add_bool(frame, key, text[0] == '1');
    case FL_META_INT: return fl_metadata_add_int(frame, key, strtoll(text, NULL, 10));
    case FL_META_FLOAT: {
      double number;
      uint64_t bits = strtoull(text, NULL, 16);
      memcpy(&number, &bits, 8);
      return fl_metadata_add_float(frame, key, number);
    }
    case FL_META_TEXT: from_hex(text, strlen(text), value); return fl_metadata_add_text(frame, key, value);
    default: {
      size_t bytes = from_hex(text, strlen(text), value);
      return fl_metadata_add(frame, FL_META_BYTES, key, value, (uint16_t)bytes);
    }
  }
}

static int publish_case(fl_publisher *ring, test_case *wanted) {
  fl_frame frame;
  uint32_t slot;
  const uint32_t *strides = wanted->strides[0] != 0 ? wanted->strides : NULL;
  int status = fl_frame_layout_padded(&frame, wanted->format, wanted->width, wanted->height, strides);
  if (status != FL_OK) return status;
  frame.capture_time = wanted->capture_time;
  memcpy(frame.area, wanted->area, sizeof frame.area);
  char *rest = NULL, *entry = strtok_r(wanted->metadata, ";", &rest);
  if (entry != NULL && strcmp(entry, "-") == 0) entry = NULL;
  for (; entry != NULL && status == FL_OK; entry = strtok_r(NULL, ";", &rest)) status = add_entry(&frame, entry);
  if (status == FL_OK) status = fl_publisher_loan_wait(ring, &slot, 20000);
  if (status != FL_OK) return status;
  uint8_t *pixels = fl_publisher_pixels(ring, slot);
  for (uint32_t plane = 0; plane < frame.planes; plane++) {
    paint_plane(pixels + frame.offset[plane], plane, frame.stride[plane], fl_row_bytes(frame.format, plane, frame.width),
                fl_rows(frame.format, plane, frame.height), wanted->seed);
  }
  return fl_publisher_publish(ring, slot, &frame);
}

static int produce(const char *name, const char *path, uint64_t capacity) {
  static char line[4096];
  fl_publisher ring;
  test_case wanted;
  fl_publisher_options options = {.capacity = capacity, .slots = 16, .lossless = true};
  int status = fl_publisher_open(&ring, name, &options);
  if (status != FL_OK) return fail(name, status);
  say("open");
  FILE *cases = fopen(path, "r");
  if (cases == NULL || !told()) return 1;
  while (fgets(line, sizeof line, cases) != NULL) {
    status = parse_case(line, &wanted) ? publish_case(&ring, &wanted) : FL_E_ARGUMENT;
    if (status != FL_OK) return fail(line, status);
  }
  fclose(cases);
  say("done");
  told();
  fl_publisher_close(&ring, false);
  return 0;
}

static void print_entry(const fl_frame *frame, const fl_metadata_entry *entry) {
  char key[256];
  int64_t whole;
  double number;
  bool yes;
  memcpy(key, entry->key, entry->key_bytes);
  key[entry->key_bytes] = '\0';
  print_hex(entry->key, entry->key_bytes);
  printf(":%d:", entry->type);
  if (entry->type == FL_META_BOOL && fl_metadata_bool(frame, key, &yes) == FL_OK) {
    printf("%d", yes);
  } else if (entry->type == FL_META_INT && fl_metadata_int(frame, key, &whole) == FL_OK) {
    printf("%" PRId64, whole);
  } else if (entry->type == FL_META_FLOAT && fl_metadata_float(frame, key, &number) == FL_OK) {
    uint64_t bits;
    memcpy(&bits, &number, 8);
    printf("%016" PRIx64, bits);
  } else {
    print_hex(entry->value, entry->value_bytes);
  }
}

static void print_frame(const fl_frame *frame) {
  fl_metadata_entry entry;
  uint32_t at = 0;
  print_facts(frame);
  printf("\"sums\":[");
  for (uint32_t plane = 0; plane < frame->planes; plane++) {
    printf("%s%u", plane > 0 ? "," : "",
           plane_sum(frame->data + frame->offset[plane], frame->stride[plane],
                     fl_row_bytes(frame->format, plane, frame->width), fl_rows(frame->format, plane, frame->height)));
  }
  printf("],\"metadata\":\"%s", frame->metadata_bytes == 0 ? "-" : "");
  while (fl_metadata_next(frame, &at, &entry) == FL_OK) {
    print_entry(frame, &entry);
    if (at < frame->metadata_bytes) printf(";");
  }
  say("\"}");
}

static int read_all(const char *name) {
  fl_subscriber ring;
  fl_frame frame;
  fl_subscriber_options options = {.lossless = FL_LOSSLESS};
  int status = fl_subscriber_open_wait(&ring, name, &options, 20000);
  if (status != FL_OK) return fail(name, status);
  say("attached");
  while ((status = fl_subscriber_next(&ring, &frame, 20000)) == FL_OK) {
    print_frame(&frame);
    fl_subscriber_release(&ring, &frame);
  }
  uint64_t missed = ring.missed;
  fl_subscriber_close(&ring);
  if (status != FL_CLOSED) return fail("next", status);
  printf("{\"missed\":%" PRIu64 "}\n", missed);
  return 0;
}

int main(int count, char **words) {
  if (count == 5 && strcmp(words[1], "produce") == 0) return produce(words[2], words[3], strtoull(words[4], NULL, 10));
  if (count == 3 && strcmp(words[1], "read") == 0) return read_all(words[2]);
  fprintf(stderr, "usage: peer produce RING CASES CAPACITY | peer read RING\n");
  return 2;
}
