// Waiting for a file descriptor on the event loop, without a thread: libuv's uv_poll, which Node exports.
#pragma once
#include <node_api.h>

#include <cstdint>

struct uv_handle_s;
struct uv_poll_s;

namespace framelane {

/// Calls a JavaScript function when a file descriptor can be read or written. Its memory frees itself once libuv has let
/// go of it, after close() or when the environment ends.
class Poll {
 public:
  enum { kReadable = 1, kWritable = 2 };

  /// Calls `function(events)`. Null when this runtime has no libuv, or the descriptor cannot be polled.
  static Poll *open(napi_env env, int fd, napi_value function);

  /// What to wait for from now on; 0 for nothing. Level-triggered. 0, or minus an errno.
  int watch(int events);
  /// Whether the event loop stays alive while it waits.
  void keep_alive(bool yes);
  /// No call after this; the descriptor may be closed. The object is gone for its owner.
  void close();

 private:
  explicit Poll(napi_env env) : env_(env) {}
  bool init(int fd, napi_value function);
  void call(int events);
  void begin_closing();

  static void on_event(uv_poll_s *handle, int status, int events);
  static void on_closed(uv_handle_s *handle);
  static void on_teardown(napi_async_cleanup_hook_handle hook, void *self);

  napi_env env_;
  napi_ref function_ = nullptr;
  napi_async_context context_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  uv_poll_s *handle_ = nullptr;
  int events_ = 0;  // what is waited for
  bool closing_ = false;
  bool owned_ = true;    // close() was not called
  bool closed_ = false;  // libuv is done
};

}  // namespace framelane
