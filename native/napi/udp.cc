// UDP sockets for TypeScript: src/native/udp.ts says what each function takes.
#include <net/if.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "exports.h"
#include "gather.h"
#include "poll.h"
#include "udp.h"
#include "values.h"

namespace framelane {
namespace {

/// A socket in JavaScript's hands. It goes with udpClose, or when the environment ends.
struct Handle {
  napi_env env;
  napi_ref counters_reference = nullptr;
  UdpSocket socket;
  Poll *poll = nullptr;

  Handle(napi_env in, int family, double *counters) : env(in), socket(family, counters) {}
  ~Handle() {
    close();
    napi_delete_reference(env, counters_reference);
  }
  void close() {
    // libuv lets go of the descriptor before its number can be given to somebody else.
    if (poll != nullptr) poll->close();
    poll = nullptr;
    socket.close();
  }
};

void forget(napi_env, void *data, void *) { delete static_cast<Handle *>(data); }

Handle &handle_of(const Arguments &arguments) { return *arguments.external<Handle>(0); }
UdpSocket &socket_of(const Arguments &arguments) { return handle_of(arguments).socket; }

/// An address given as words, for sending; null when there is none.
const UdpAddress *address_at(const Arguments &arguments, std::size_t i, int family, UdpAddress *storage) {
  if (arguments.is_nothing(i)) return nullptr;
  *storage = UdpAddress::from_words(arguments.words(i), family);
  return storage;
}

// (family, counters, onReady) -> socket, or -errno
napi_value open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  auto *counters = reinterpret_cast<double *>(arguments.bytes(1, nullptr));
  auto handle = std::make_unique<Handle>(env, arguments.i32(0), counters);
  napi_create_reference(env, arguments.at(1), 1, &handle->counters_reference);
  if (handle->socket.descriptor() < 0) return js_int(env, handle->socket.descriptor());
  handle->poll = Poll::open(env, handle->socket.descriptor(), arguments.at(2));
  if (handle->poll == nullptr) return js_int(env, -ENOTSUP);
  napi_value result = nullptr;
  napi_create_external(env, handle.get(), forget, nullptr, &result);
  handle.release();
  return result;
}

// (socket)
napi_value close(napi_env env, napi_callback_info info) {
  handle_of(Arguments(env, info)).close();
  return nullptr;
}

// (socket, address)
napi_value bind(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, socket_of(arguments).bind(arguments.words(1)));
}

// (socket, address)
napi_value connect(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, socket_of(arguments).connect(arguments.words(1)));
}

// (socket, into)
napi_value local_address(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, socket_of(arguments).local_address(arguments.words(1)));
}

// (socket, group, interface, source | null)
napi_value join(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const std::uint32_t *source = arguments.is_nothing(3) ? nullptr : arguments.words(3);
  return js_int(env, socket_of(arguments).join(arguments.words(1), arguments.i32(2), source));
}

// (socket, option, value)
napi_value set(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, socket_of(arguments).set(static_cast<UdpOption>(arguments.u32(1)), arguments.i32(2)));
}

// (socket, option)
napi_value get(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_int(env, socket_of(arguments).get(static_cast<UdpOption>(arguments.u32(1))));
}

// (socket)
napi_value kernel_drops(napi_env env, napi_callback_info info) {
  return js_int(env, socket_of(Arguments(env, info)).kernel_drops());
}

// (socket, events)
napi_value watch(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Poll *poll = handle_of(arguments).poll;
  return js_int(env, poll != nullptr ? poll->watch(arguments.i32(1)) : -EBADF);
}

// (socket, yes)
napi_value keep_alive(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Poll *poll = handle_of(arguments).poll;
  if (poll != nullptr) poll->keep_alive(arguments.flag(1));
  return nullptr;
}

// (socket, data, headers, words, wordCount, first, count, to | null, transform | null) -> packets
napi_value send(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  UdpSocket &socket = socket_of(arguments);
  SendPlan plan = {};
  plan.data = arguments.bytes(1, &plan.data_bytes);
  plan.headers = arguments.bytes(2, &plan.header_bytes);
  plan.words = arguments.words(3);
  plan.word_count = arguments.u32(4);
  UdpAddress storage;
  const UdpAddress *to = address_at(arguments, 7, socket.family(), &storage);
  auto *transform = arguments.is_nothing(8) ? nullptr : arguments.external<PacketTransform>(8);
  return js_int(env, socket.send(plan, arguments.u32(5), arguments.u32(6), to, transform));
}

// (socket, bytes, to | null)
napi_value send_datagram(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  UdpSocket &socket = socket_of(arguments);
  UdpAddress storage;
  std::size_t length = 0;
  const std::uint8_t *data = arguments.bytes(1, &length);
  return js_int(env, socket.send_datagram(data, length, address_at(arguments, 2, socket.family(), &storage)));
}

// (socket, slab, rowBytes, table, maxRows) -> rows
napi_value receive(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::uint8_t *slab = arguments.bytes(1, nullptr);
  return js_int(env, socket_of(arguments).receive(slab, arguments.u32(2), arguments.words(3), arguments.u32(4)));
}

// (text, into) -> whether it is an address
napi_value parse(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return js_bool(env, parse_address(arguments.text(0).c_str(), arguments.words(1)));
}

// (words) -> text
napi_value format(napi_env env, napi_callback_info info) {
  char text[96];
  format_address(Arguments(env, info).words(0), text);
  napi_value result = nullptr;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

// (name) -> index, 0 unknown
napi_value interface_index(napi_env env, napi_callback_info info) {
  return js_number(env, if_nametoindex(Arguments(env, info).text(0).c_str()));
}

// (from, ranges, count, into)
napi_value gather(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::size_t from_bytes = 0, into_bytes = 0;
  const std::uint8_t *from = arguments.bytes(0, &from_bytes);
  const std::uint32_t *ranges = arguments.words(1);
  std::uint8_t *into = arguments.bytes(3, &into_bytes);
  if (!gather_bytes(from, from_bytes, ranges, arguments.u32(2), into, into_bytes)) {
    napi_throw_range_error(env, nullptr, "a range of bytes to copy is outside of its memory");
  }
  return nullptr;
}

}  // namespace

void export_udp(napi_env env, napi_value exports) {
  export_method(env, exports, "udpOpen", open);
  export_method(env, exports, "udpClose", close);
  export_method(env, exports, "udpBind", bind);
  export_method(env, exports, "udpConnect", connect);
  export_method(env, exports, "udpLocalAddress", local_address);
  export_method(env, exports, "udpJoin", join);
  export_method(env, exports, "udpSet", set);
  export_method(env, exports, "udpGet", get);
  export_method(env, exports, "udpKernelDrops", kernel_drops);
  export_method(env, exports, "udpWatch", watch);
  export_method(env, exports, "udpKeepAlive", keep_alive);
  export_method(env, exports, "udpSend", send);
  export_method(env, exports, "udpSendDatagram", send_datagram);
  export_method(env, exports, "udpReceive", receive);
  export_method(env, exports, "udpParseAddress", parse);
  export_method(env, exports, "udpFormatAddress", format);
  export_method(env, exports, "udpInterfaceIndex", interface_index);
  export_method(env, exports, "gatherBytes", gather);
}

}  // namespace framelane
