/* Writes frames in place and publishes them. Arguments: ring, format number, width, height, slots, frames a round,
 * ms from one to the next, frames of the first round (without pauses). */
#include "framelane.h"
#include "rounds.h"

static int send_frame(fl_publisher *ring, fl_frame *frame) {
  uint32_t slot;
  int status = fl_publisher_loan(ring, &slot);
  if (status != FL_OK) return status;
  memset(fl_publisher_pixels(ring, slot), (int)((frame->seq + 1) & 0xff), frame->payload);
  frame->capture_time = now_ns();
  return fl_publisher_publish(ring, slot, frame);
}

int main(int argc, char **argv) {
  if (argc < 9) return 2;
  fl_frame frame;
  fl_publisher ring;
  fl_frame_layout(&frame, (fl_format)atoi(argv[2]), (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]));
  fl_publisher_options options = {.capacity = frame.payload, .slots = (uint32_t)atoi(argv[5])};
  int status = fl_publisher_open(&ring, argv[1], &options);
  if (status == FL_OK) tell_ready("producer");
  int frames = atoi(argv[8]);
  double interval_ms = 0.05;
  while (status == FL_OK && next_round()) {
    double cpu = cpu_seconds();
    for (int i = 0; status == FL_OK && i < frames; i++) {
      sleep_ms(interval_ms);
      status = send_frame(&ring, &frame);
    }
    tell_producer(cpu_seconds() - cpu);
    frames = atoi(argv[6]);
    interval_ms = atof(argv[7]);
  }
  if (status != FL_OK) fprintf(stderr, "ring_producer: %s\n", fl_status_text(status));
  fl_publisher_close(&ring, false);
  return status != FL_OK;
}
