// libsrtp protect|unprotect SUITE HEXKEY: libsrtp2 on packets from standard input to standard output. Each is preceded by
// its length, 32 bits in network order, of which the highest bit says RTCP; a packet that libsrtp2 refuses has length 0.
#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*setter)(srtp_crypto_policy_t *);
static const struct {
  const char *name;
  setter rtp, rtcp;
} suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtcp_default},
    {"AES_CM_128_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, srtp_crypto_policy_set_rtcp_default},
    {"AES_192_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80, srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80},
    {"AES_192_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32, srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80},
    {"AES_256_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AES_256_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth, srtp_crypto_policy_set_aes_gcm_128_16_auth},
    {"AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth, srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

static int policy_of(srtp_policy_t *policy, const char *name) {
  for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
    if (strcmp(suites[i].name, name) != 0) continue;
    suites[i].rtp(&policy->rtp);
    suites[i].rtcp(&policy->rtcp);
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 4 || srtp_init() != srtp_err_status_ok) return 2;
  static unsigned char key[64], packet[4096] __attribute__((aligned(8)));
  for (size_t i = 0; argv[3][2 * i] != 0 && i < sizeof key; i++) sscanf(argv[3] + 2 * i, "%2hhx", &key[i]);
  srtp_policy_t policy = {0};
  if (!policy_of(&policy, argv[2])) return 2;
  int protects = strcmp(argv[1], "protect") == 0;
  policy.ssrc.type = protects ? ssrc_any_outbound : ssrc_any_inbound;
  policy.key = key;
  policy.window_size = 128;
  srtp_t session;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) return 3;
  uint32_t word;
  while (fread(&word, sizeof word, 1, stdin) == 1) {
    int control = ntohl(word) >> 31, length = (int)(ntohl(word) & 0x7fffffff);
    if (length > (int)sizeof packet - SRTP_MAX_TRAILER_LEN || fread(packet, 1, (size_t)length, stdin) != (size_t)length) return 4;
    srtp_err_status_t status = protects ? (control ? srtp_protect_rtcp : srtp_protect)(session, packet, &length)
                                        : (control ? srtp_unprotect_rtcp : srtp_unprotect)(session, packet, &length);
    if (status != srtp_err_status_ok) length = 0;
    word = htonl((uint32_t)length);
    fwrite(&word, sizeof word, 1, stdout);
    fwrite(packet, 1, (size_t)length, stdout);
  }
  return 0;
}
