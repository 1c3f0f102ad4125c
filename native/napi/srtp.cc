// Ciphers of SRTP for TypeScript: src/native/srtp.ts says what each function takes.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "exports.h"
#include "packet_cipher.h"
#include "plan_sealer.h"
#include "srtp_transform.h"
#include "values.h"

namespace framelane {
namespace {

using Holder = std::shared_ptr<CipherHolder>;

/// Words of a job, as in src/srtp/packet-cipher.ts.
enum { kOffset, kBytes, kClear, kTagAt, kSsrc, kIndexHigh, kIndexLow, kExtra, kAuthentic, kJobWords };
constexpr std::size_t kJobs = 64;
/// Beside the values of SealResult.
constexpr int kClosed = 3;

void forget_holder(napi_env, void *data, void *) { delete static_cast<Holder *>(data); }

/// A transform in JavaScript's hands, with the number that it shares.
struct TransformHandle {
  napi_env env;
  napi_ref index;
  SrtpTransform transform;
};

void forget_transform(napi_env env, void *, void *hint) {
  auto *handle = static_cast<TransformHandle *>(hint);
  napi_delete_reference(env, handle->index);
  delete handle;
}

CipherHolder &holder_of(const Arguments &arguments) { return **arguments.external<Holder>(0); }

// () -> text
napi_value kernels(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, crypto_kernels(), NAPI_AUTO_LENGTH, &result);
  return result;
}

// (key, iv, data) -> whether it could be done
napi_value counter_mode(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::size_t key_bytes = 0, bytes = 0;
  const std::uint8_t *key = arguments.bytes(0, &key_bytes);
  std::uint8_t *data = arguments.bytes(2, &bytes);
  return js_bool(env, counter_mode_once(key, key_bytes, arguments.bytes(1, nullptr), data, bytes));
}

// (gcm, control, key, salt, authentication | null, tagBytes, openssl) -> cipher | null
napi_value open_cipher(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  SessionKeys keys = {};
  keys.cipher = arguments.flag(0) ? SrtpCipher::gcm : SrtpCipher::counter_mode;
  keys.control = arguments.flag(1);
  keys.key = arguments.bytes(2, &keys.key_bytes);
  keys.salt = arguments.bytes(3, &keys.salt_bytes);
  keys.authentication = arguments.is_nothing(4) ? nullptr : arguments.bytes(4, nullptr);
  keys.tag_bytes = arguments.u32(5);
  auto cipher = make_packet_cipher(keys, arguments.flag(6) ? CryptoKernel::openssl : CryptoKernel::fastest);
  if (cipher == nullptr) return js_null(env);
  auto parts = keys.control ? nullptr : make_parts_cipher(keys);
  auto *holder = new Holder(std::make_shared<CipherHolder>(CipherHolder{std::move(cipher), std::move(parts), keys.cipher, keys.tag_bytes}));
  napi_value result = nullptr;
  napi_create_external(env, holder, forget_holder, nullptr, &result);
  return result;
}

// (cipher)
napi_value close_cipher(napi_env env, napi_callback_info info) {
  CipherHolder &holder = holder_of(Arguments(env, info));
  holder.cipher.reset();
  holder.parts.reset();
  return nullptr;
}

/// The memory that jobs are about.
struct Memory {
  std::uint8_t *data;
  std::size_t size;
};

bool fits(const std::uint32_t *words, const Memory &memory, std::size_t tag_bytes) {
  const std::size_t end = std::size_t{words[kOffset]} + words[kBytes];
  return end <= memory.size && words[kClear] <= words[kBytes] && words[kTagAt] + tag_bytes <= memory.size;
}

CipherJob job_of(const std::uint32_t *words, const Memory &memory) {
  return {memory.data + words[kOffset],
          words[kBytes],
          words[kClear],
          memory.data + words[kTagAt],
          words[kSsrc],
          std::uint64_t{words[kIndexHigh]} << 32 | words[kIndexLow],
          words[kExtra],
          false};
}

using Work = void (PacketCipher::*)(CipherJob *, std::size_t);

/// False: the cipher was closed, or a job is outside of the memory; the jobs from it on were not done.
bool run(CipherHolder &holder, const Memory &memory, std::uint32_t *words, std::size_t count, Work work) {
  if (holder.cipher == nullptr) return false;
  CipherJob jobs[kJobs];
  for (std::size_t from = 0; from < count; from += kJobs) {
    const std::size_t size = std::min(kJobs, count - from);
    std::uint32_t *group = words + kJobWords * from;
    for (std::size_t i = 0; i < size; i++) {
      if (!fits(group + kJobWords * i, memory, holder.tag_bytes)) return false;
      jobs[i] = job_of(group + kJobWords * i, memory);
    }
    (holder.cipher.get()->*work)(jobs, size);
    for (std::size_t i = 0; i < size; i++) group[kJobWords * i + kAuthentic] = jobs[i].authentic;
  }
  return true;
}

napi_value run_jobs(napi_env env, napi_callback_info info, Work work) {
  Arguments arguments(env, info);
  Memory memory = {};
  memory.data = arguments.bytes(1, &memory.size);
  return js_bool(env, run(holder_of(arguments), memory, arguments.words(2), arguments.u32(3), work));
}

// (cipher, memory, jobs, count) -> whether all were done
napi_value seal(napi_env env, napi_callback_info info) { return run_jobs(env, info, &PacketCipher::seal); }
napi_value open(napi_env env, napi_callback_info info) { return run_jobs(env, info, &PacketCipher::open); }

// (cipher, mki, index, data, headers, words, wordCount, newHeaders, newWords, sizes) -> 0, or why not
napi_value seal_in_place(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  CipherHolder &holder = holder_of(arguments);
  if (holder.parts == nullptr) return js_int(env, kClosed);
  std::size_t mki_bytes = 0, word_bytes = 0;
  const std::uint8_t *mki = arguments.bytes(1, &mki_bytes);
  SendPlan plan = {};
  plan.data = arguments.bytes(3, &plan.data_bytes);
  plan.headers = arguments.bytes(4, &plan.header_bytes);
  plan.words = arguments.words(5);
  plan.word_count = arguments.u32(6);
  SealedPlan out = {};
  out.headers = arguments.bytes(7, &out.header_capacity);
  out.words = reinterpret_cast<std::uint32_t *>(arguments.bytes(8, &word_bytes));
  out.word_capacity = word_bytes;
  const auto index = static_cast<std::uint64_t>(arguments.number(2));
  const SealResult result = seal_plan(*holder.parts, plan, mki, mki_bytes, index, out);
  std::uint32_t *sizes = arguments.words(9);
  sizes[0] = static_cast<std::uint32_t>(out.header_bytes);
  sizes[1] = static_cast<std::uint32_t>(out.word_count);
  return js_int(env, static_cast<int>(result));
}

// (cipher, mki, index) -> transform
napi_value make_transform(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::size_t mki_bytes = 0;
  const std::uint8_t *mki = arguments.bytes(1, &mki_bytes);
  std::string name(reinterpret_cast<const char *>(mki), mki_bytes);
  auto *index = reinterpret_cast<double *>(arguments.bytes(2, nullptr));
  auto *handle = new TransformHandle{env, nullptr, SrtpTransform(*arguments.external<Holder>(0), std::move(name), index)};
  napi_create_reference(env, arguments.at(2), 1, &handle->index);
  napi_value result = nullptr;
  // udpSend takes the external for a PacketTransform.
  napi_create_external(env, static_cast<PacketTransform *>(&handle->transform), forget_transform, handle, &result);
  return result;
}

}  // namespace

void export_srtp(napi_env env, napi_value exports) {
  export_method(env, exports, "srtpKernels", kernels);
  export_method(env, exports, "srtpCounterMode", counter_mode);
  export_method(env, exports, "srtpOpenCipher", open_cipher);
  export_method(env, exports, "srtpCloseCipher", close_cipher);
  export_method(env, exports, "srtpSeal", seal);
  export_method(env, exports, "srtpOpen", open);
  export_method(env, exports, "srtpTransform", make_transform);
  export_method(env, exports, "srtpSealInPlace", seal_in_place);
}

}  // namespace framelane
