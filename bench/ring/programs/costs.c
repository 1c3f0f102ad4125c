/* What the calls of a ring cost in C, hot, in one process: JSON. Arguments: ring, batches, bytes of a memcpy. */
#include "framelane.h"
#include "rounds.h"

enum { SLOTS = 8, READERS = 8 };

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, by_value);
  return values[count / 2];
}

static fl_publisher ring;
static fl_subscriber readers[READERS];
static fl_frame frame, taken;

static void publish(void) {
  uint32_t slot;
  if (fl_publisher_loan(&ring, &slot) == FL_OK) fl_publisher_publish(&ring, slot, &frame);
}

static void take_release(void) {
  if (fl_subscriber_take(&readers[0], &taken) == FL_OK) fl_subscriber_release(&readers[0], &taken);
}

static void pin_unpin(void) {
  uint64_t ticket = ring.latest;
  if (fl__pin(&readers[0], ticket, 0)) fl__unpin(&readers[0], 0);
}

static void nothing(void) {}

/* Median ns of `action`, called once for each slot between two looks at the clock. */
static double ns_of(void (*action)(void), bool fill, int batches) {
  double *times = (double *)calloc((size_t)batches, sizeof *times);
  for (int batch = 0; batch < batches; batch++) {
    for (int i = 0; fill && i < SLOTS; i++) publish();
    uint64_t began = now_ns();
    for (int i = 0; i < SLOTS; i++) action();
    times[batch] = (double)(now_ns() - began);
  }
  double result = median(times, batches) / SLOTS;
  free(times);
  return result;
}

/* Median microseconds of a memcpy between two buffers that were touched before. */
static double memcpy_us(size_t bytes) {
  enum { COPIES = 60 };
  double us[COPIES];
  uint8_t *from = (uint8_t *)malloc(bytes), *to = (uint8_t *)malloc(bytes);
  memset(from, 1, bytes);
  memset(to, 2, bytes);
  for (int i = 0; i < COPIES; i++) {
    uint64_t began = now_ns();
    memcpy(to, from, bytes);
    us[i] = (double)(now_ns() - began) / 1000;
    from[i] = to[bytes - 1];
  }
  free(from);
  free(to);
  return median(us, COPIES);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int batches = atoi(argv[2]);
  fl_publisher_options options = {.capacity = 64, .slots = SLOTS};
  fl_frame_layout(&frame, FL_GRAY8, 64, 1);
  int status = fl_publisher_open(&ring, argv[1], &options);
  for (int i = 0; i < READERS && status == FL_OK; i++) status = fl_subscriber_open(&readers[i], argv[1], NULL);
  if (status != FL_OK) {
    fprintf(stderr, "costs: %s\n", fl_status_text(status));
    return 1;
  }
  double clock = ns_of(nothing, false, batches);
  double published = ns_of(publish, false, batches) - clock;
  for (int i = 1; i < READERS; i++) fl_subscriber_close(&readers[i]);
  double take = ns_of(take_release, true, batches) - clock;
  double pin = ns_of(pin_unpin, true, batches) - clock;
  fl_subscriber_close(&readers[0]);
  fl_publisher_close(&ring, false);
  printf("{\"publishWith8Readers\":%.1f,\"takeRelease\":%.1f,\"pinUnpin\":%.1f,\"memcpy_us\":%.1f}\n", published, take, pin,
         memcpy_us((size_t)strtoull(argv[3], NULL, 10)));
  return 0;
}
