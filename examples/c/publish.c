/*
 * Publishes a moving gradient, 640 x 480 rgb24 at 30 frames/s, until Ctrl-C or as many frames as asked for.
 *
 *     publish RING [FRAMES]
 */
#include "framelane.h"

static volatile sig_atomic_t stop;

static void on_signal(int number) {
  (void)number;
  stop = 1;
}

static void paint(uint8_t *pixels, const fl_frame *frame, uint64_t number) {
  for (uint32_t y = 0; y < frame->height; y++) {
    uint8_t *row = pixels + (uint64_t)y * frame->stride[0];
    for (uint32_t x = 0; x < frame->width; x++) {
      row[3 * x] = (uint8_t)(x + number);
      row[3 * x + 1] = (uint8_t)y;
      row[3 * x + 2] = (uint8_t)number;
    }
  }
}

/* One frame, written in place: nothing is copied. */
static int publish(fl_publisher *ring, uint64_t number) {
  fl_frame frame;
  uint32_t slot;
  fl_frame_layout(&frame, FL_RGB24, 640, 480);
  int status = fl_publisher_loan(ring, &slot);
  if (status == FL_AGAIN) return FL_OK; /* readers hold every slot: this frame is dropped, and counted */
  paint(fl_publisher_pixels(ring, slot), &frame, number);
  frame.capture_time = fl_now();
  fl_metadata_add_text(&frame, "camera", "gradient");
  fl_metadata_add_float(&frame, "exposure_ms", 1000.0 / 30);
  return fl_publisher_publish(ring, slot, &frame);
}

int main(int count, char **words) {
  const struct timespec pause = {0, 1000000000 / 30};
  fl_publisher_options options = {.capacity = 640 * 480 * 3};
  fl_publisher ring;
  if (count < 2) {
    fprintf(stderr, "usage: publish RING [FRAMES]\n");
    return 2;
  }
  uint64_t frames = count > 2 ? strtoull(words[2], NULL, 10) : UINT64_MAX;
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  int status = fl_publisher_open(&ring, words[1], &options);
  uint64_t number = 0;
  while (status == FL_OK && number < frames && !stop) {
    status = publish(&ring, ++number);
    nanosleep(&pause, NULL);
  }
  if (status != FL_OK) fprintf(stderr, "%s: %s\n", words[1], fl_status_text(status));
  else printf("%llu frames, %llu dropped\n", (unsigned long long)number, (unsigned long long)ring.dropped);
  fl_publisher_close(&ring, false);
  return status == FL_OK ? 0 : 1;
}
