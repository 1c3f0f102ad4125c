// libsrtp gcm|cm SECONDS: CPU seconds a gigabyte of RTP that libsrtp2 takes to protect packets of 1,400 bytes.
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { bytes = 1400, turn = 2000 };

static double cpu(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 3 || srtp_init() != srtp_err_status_ok) return 2;
  static unsigned char key[64], packets[46][1536] __attribute__((aligned(64)));
  srtp_policy_t policy = {0};
  if (strcmp(argv[1], "gcm") == 0) {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  } else {
    srtp_crypto_policy_set_rtp_default(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
  }
  for (size_t i = 0; i < sizeof key; i++) key[i] = (unsigned char)(7 * i + 1);
  policy.ssrc.type = ssrc_any_outbound;
  policy.key = key;
  srtp_t session;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) return 3;
  unsigned sequence = 0;
  double sent = 0, began = cpu();
  while (cpu() - began < atof(argv[2])) {
    for (int i = 0; i < turn; i++, sequence++) {
      unsigned char *packet = packets[i % 46];
      packet[0] = 0x80;
      packet[1] = 96;
      packet[2] = (unsigned char)(sequence >> 8);
      packet[3] = (unsigned char)sequence;
      int length = bytes;
      if (srtp_protect(session, packet, &length) != srtp_err_status_ok) return 4;
    }
    sent += (double)turn * bytes;
  }
  printf("%.9f\n", (cpu() - began) / (sent / 1e9));
  return 0;
}
