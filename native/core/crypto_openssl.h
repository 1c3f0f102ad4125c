// What is used of the OpenSSL that node itself contains and exports to addons. Declared here, for its headers need not
// be installed and their versions differ; these functions are the same from OpenSSL 1.1 to 3.5. Weak: a runtime without
// them loads the addon all the same, and says so when SRTP is asked for.
#pragma once
#include <cstddef>

extern "C" {
#define FRAMELANE_WEAK __attribute__((weak, visibility("default")))

struct evp_cipher_ctx_st;
struct evp_cipher_st;
struct engine_st;

/// SHA_CTX of openssl/sha.h, part of its ABI.
struct FramelaneShaState {
  unsigned h[5], low, high, data[16], count;
};

evp_cipher_ctx_st *EVP_CIPHER_CTX_new() FRAMELANE_WEAK;
void EVP_CIPHER_CTX_free(evp_cipher_ctx_st *) FRAMELANE_WEAK;
int EVP_CIPHER_CTX_ctrl(evp_cipher_ctx_st *, int, int, void *) FRAMELANE_WEAK;
const evp_cipher_st *EVP_aes_128_gcm() FRAMELANE_WEAK;
const evp_cipher_st *EVP_aes_256_gcm() FRAMELANE_WEAK;
const evp_cipher_st *EVP_aes_128_ctr() FRAMELANE_WEAK;
const evp_cipher_st *EVP_aes_192_ctr() FRAMELANE_WEAK;
const evp_cipher_st *EVP_aes_256_ctr() FRAMELANE_WEAK;
int EVP_CipherInit_ex(evp_cipher_ctx_st *, const evp_cipher_st *, engine_st *, const unsigned char *key,
                      const unsigned char *iv, int encrypts) FRAMELANE_WEAK;
int EVP_CipherUpdate(evp_cipher_ctx_st *, unsigned char *out, int *, const unsigned char *in, int) FRAMELANE_WEAK;
int EVP_CipherFinal_ex(evp_cipher_ctx_st *, unsigned char *out, int *) FRAMELANE_WEAK;
int SHA1_Init(FramelaneShaState *) FRAMELANE_WEAK;
int SHA1_Update(FramelaneShaState *, const void *, size_t) FRAMELANE_WEAK;
int SHA1_Final(unsigned char *, FramelaneShaState *) FRAMELANE_WEAK;
int CRYPTO_memcmp(const void *, const void *, size_t) FRAMELANE_WEAK;
void OPENSSL_cleanse(void *, size_t) FRAMELANE_WEAK;
}

namespace framelane {

/// EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG.
constexpr int kGetTag = 0x10;
constexpr int kSetTag = 0x11;

/// Whether this process has all of it.
inline bool has_openssl() {
  return EVP_CIPHER_CTX_new != nullptr && EVP_CIPHER_CTX_ctrl != nullptr && EVP_aes_128_gcm != nullptr &&
         EVP_aes_192_ctr != nullptr && EVP_CipherInit_ex != nullptr && EVP_CipherUpdate != nullptr &&
         SHA1_Update != nullptr && CRYPTO_memcmp != nullptr && OPENSSL_cleanse != nullptr;
}

}  // namespace framelane
