/*
 * Prints the mean of each frame's first plane, until the producer closes, Ctrl-C, or as many frames as asked for.
 *
 *     subscribe RING [FRAMES]
 */
#include "framelane.h"

static volatile sig_atomic_t stop;

static void on_signal(int number) {
  (void)number;
  stop = 1;
}

static double mean(const fl_frame *frame) {
  uint64_t row_bytes = fl_row_bytes(frame->format, 0, frame->width), sum = 0;
  for (uint32_t y = 0; y < frame->height; y++) {
    const uint8_t *row = frame->data + (uint64_t)y * frame->stride[0];
    for (uint64_t x = 0; x < row_bytes; x++) sum += row[x];
  }
  return (double)sum / (double)(row_bytes * frame->height);
}

static void show(const fl_frame *frame) {
  char camera[64] = "?";
  fl_metadata_text(frame, "camera", camera, sizeof camera);
  printf("%llu: %ux%u %s from %s, mean %.2f, %.3f ms old\n", (unsigned long long)frame->seq, frame->width, frame->height,
         fl_format_name(frame->format), camera, mean(frame), (double)(fl_now() - frame->capture_time) / 1e6);
}

int main(int count, char **words) {
  fl_subscriber_options options = {.mode = FL_LATEST, .takeover_ms = 5000, .stop = &stop};
  fl_subscriber ring;
  fl_frame frame;
  if (count < 2) {
    fprintf(stderr, "usage: subscribe RING [FRAMES]\n");
    return 2;
  }
  uint64_t frames = count > 2 ? strtoull(words[2], NULL, 10) : UINT64_MAX;
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  int status = fl_subscriber_open_wait(&ring, words[1], &options, 10000);
  for (uint64_t taken = 0; status == FL_OK && taken < frames; taken++) {
    status = fl_subscriber_next(&ring, &frame, -1);
    if (status != FL_OK) break;
    show(&frame);
    fl_subscriber_release(&ring, &frame);
  }
  if (status < 0) fprintf(stderr, "%s: %s\n", words[1], fl_status_text(status));
  fl_subscriber_close(&ring);
  return status < 0 ? 1 : 0;
}
