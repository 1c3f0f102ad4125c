// What start-code search is compared with: reading the memory and nothing else, plain loops in C, and the searches of
// FFmpeg and GStreamer from the libraries that are installed. Each runs in its own loop here, so no call from JavaScript
// is in its time. Not part of the library.
#include <dlfcn.h>
#include <node_api.h>
#include <time.h>

#include <cstring>
#include <string>

#include "read.h"

namespace {

// Each returns how many start codes there are; reading returns 0.
using Contender = std::size_t (*)(const std::uint8_t *data, std::size_t size);

std::size_t byte_loop(const std::uint8_t *data, std::size_t size) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + 2 < size; i++) {
    if (data[i] == 0 && data[i + 1] == 0 && data[i + 2] == 1) count++;
  }
  return count;
}

std::size_t memchr_loop(const std::uint8_t *data, std::size_t size) {
  std::size_t count = 0;
  const std::uint8_t *end = data + size;
  for (const std::uint8_t *p = data + 2; p < end; p++) {
    p = static_cast<const std::uint8_t *>(std::memchr(p, 1, static_cast<std::size_t>(end - p)));
    if (p == nullptr) break;
    if (p[-1] == 0 && p[-2] == 0) count++;
  }
  return count;
}

// The function of the first library that is there; null without.
void *function_in(std::initializer_list<const char *> libraries, const char *name) {
  for (const char *library : libraries) {
    if (void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL)) return dlsym(handle, name);
  }
  return nullptr;
}

// libavcodec/internal.h: continues behind the byte after a start code, which is then the lowest of `state`.
using FindStartCode = const std::uint8_t *(*)(const std::uint8_t *p, const std::uint8_t *end, std::uint32_t *state);
const auto find_start_code = reinterpret_cast<FindStartCode>(
    function_in({"libavcodec.so.62", "libavcodec.so.61", "libavcodec.so.60", "libavcodec.so.59"}, "avpriv_find_start_code"));

std::size_t libavcodec(const std::uint8_t *data, std::size_t size) {
  std::size_t count = 0;
  std::uint32_t state = ~0u;
  for (const std::uint8_t *p = data, *end = data + size; p < end;) {
    p = find_start_code(p, end, &state);
    if ((state & ~0xffu) == 0x100) count++;
  }
  return count;
}

// gst/base/gstbytereader.h, as far as its parsers of H.264 and H.265 use it.
struct ByteReader {
  const std::uint8_t *data;
  unsigned size, byte;
  void *reserved[4];
};
using MaskedScan = unsigned (*)(const ByteReader *reader, std::uint32_t mask, std::uint32_t pattern, unsigned offset, unsigned size);
const auto masked_scan = reinterpret_cast<MaskedScan>(function_in({"libgstbase-1.0.so.0"}, "gst_byte_reader_masked_scan_uint32"));

std::size_t gstreamer(const std::uint8_t *data, std::size_t size) {
  std::size_t count = 0;
  const ByteReader reader{data, static_cast<unsigned>(size), 0, {}};
  for (unsigned at = 0; at + 4 <= reader.size; at += 3) {
    const unsigned found = masked_scan(&reader, 0xffffff00, 0x00000100, at, reader.size - at);
    if (found == ~0u) break;
    at = found;
    count++;
  }
  return count;
}

struct Named {
  const char *name;
  Contender run;
  bool present;
};
const Named kContenders[] = {{"read avx512", read_avx512, has_avx512()},
                             {"read avx512 x8", read_avx512_wide, has_avx512()},
                             {"read avx2", read_avx2, has_avx2()},
                             {"read plain", read_plain, true},
                             {"byte loop in C", byte_loop, true},
                             {"memchr in C", memchr_loop, true},
                             {"libavcodec", libavcodec, find_start_code != nullptr},
                             {"GStreamer", gstreamer, masked_scan != nullptr}};

double thread_ns() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

napi_value number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

// (): CPU time of this thread, ns.
napi_value cpu_ns(napi_env env, napi_callback_info) { return number(env, thread_ns()); }

// (): names of those that run here.
napi_value contenders(napi_env env, napi_callback_info) {
  napi_value names = nullptr;
  napi_create_array(env, &names);
  std::uint32_t count = 0;
  for (const Named &contender : kContenders) {
    napi_value name = nullptr;
    napi_create_string_utf8(env, contender.name, NAPI_AUTO_LENGTH, &name);
    if (contender.present) napi_set_element(env, names, count++, name);
  }
  return names;
}

// (name, data, times, into: Float64Array): CPU ns of all `times` passes and start codes of one go `into`.
napi_value measure(napi_env env, napi_callback_info info) {
  napi_value values[4];
  std::size_t count = 4, size = 0;
  char name[64] = {};
  std::uint32_t times = 0;
  void *data = nullptr, *into = nullptr;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  napi_get_value_string_utf8(env, values[0], name, sizeof name, nullptr);
  napi_get_typedarray_info(env, values[1], nullptr, &size, &data, nullptr, nullptr);
  napi_get_value_uint32(env, values[2], &times);
  napi_get_typedarray_info(env, values[3], nullptr, nullptr, &into, nullptr, nullptr);
  for (const Named &contender : kContenders) {
    if (std::strcmp(contender.name, name) != 0) continue;
    const Contender volatile run = contender.run;  // each pass is made, even if all give the same
    std::size_t found = 0;
    const double before = thread_ns();
    for (std::uint32_t i = 0; i < times; i++) found = run(static_cast<const std::uint8_t *>(data), size);
    static_cast<double *>(into)[0] = thread_ns() - before;
    static_cast<double *>(into)[1] = static_cast<double>(found);
  }
  return nullptr;
}

void add(napi_env env, napi_value exports, const char *name, napi_callback method) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, method, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace

NAPI_MODULE_INIT() {
  add(env, exports, "cpuNs", cpu_ns);
  add(env, exports, "contenders", contenders);
  add(env, exports, "measure", measure);
  return exports;
}
