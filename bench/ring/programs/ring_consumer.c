/* Takes frames out of a ring and looks at their first pixel. Arguments: ring, frames a round,
 * frames of the first one. */
#include "framelane.h"
#include "rounds.h"

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int frames = atoi(argv[2]), count = 0;
  int64_t warm_up = atoll(argv[3]);
  double *us = (double *)calloc((size_t)frames, sizeof *us);
  fl_subscriber ring;
  fl_frame frame;
  int status = fl_subscriber_open(&ring, argv[1], NULL);
  if (status == FL_OK) tell_ready("consumer");
  double cpu = cpu_seconds();
  while (status == FL_OK && (status = fl_subscriber_next(&ring, &frame, -1)) == FL_OK) {
    uint8_t first = *(volatile uint8_t *)frame.data;
    if (count < frames) us[count++] = (double)(now_ns() - frame.capture_time) / 1000;
    bool torn = first != (frame.seq & 0xff) || frame.data[frame.payload - 1] != first;
    fl_subscriber_release(&ring, &frame);
    if (torn) return 3;
    int64_t since_warm_up = (int64_t)frame.seq - warm_up;
    if (since_warm_up < 0 || since_warm_up % frames != 0) continue;
    tell_consumer(us, count, cpu_seconds() - cpu);
    cpu = cpu_seconds();
    count = 0;
  }
  if (status != FL_CLOSED) fprintf(stderr, "ring_consumer: %s\n", fl_status_text(status));
  return status != FL_CLOSED;
}
