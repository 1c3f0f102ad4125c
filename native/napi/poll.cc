#include "poll.h"

#include <cstdlib>
#include <memory>

#include "values.h"

// libuv's functions are part of what Node offers to addons; its header is not needed for these few. Weak: a runtime that
// imitates Node without libuv gets an error instead of a crash.
extern "C" {
struct uv_loop_s;
#define FRAMELANE_LIBUV __attribute__((weak, visibility("default")))
FRAMELANE_LIBUV std::size_t uv_handle_size(int type);
FRAMELANE_LIBUV int uv_poll_init(uv_loop_s *, uv_poll_s *, int fd);
FRAMELANE_LIBUV int uv_poll_start(uv_poll_s *, int events, void (*)(uv_poll_s *, int status, int events));
FRAMELANE_LIBUV int uv_poll_stop(uv_poll_s *);
FRAMELANE_LIBUV void uv_close(uv_handle_s *, void (*)(uv_handle_s *));
FRAMELANE_LIBUV void uv_handle_set_data(uv_handle_s *, void *);
FRAMELANE_LIBUV void *uv_handle_get_data(const uv_handle_s *);
FRAMELANE_LIBUV void uv_ref(uv_handle_s *);
FRAMELANE_LIBUV void uv_unref(uv_handle_s *);
}

namespace framelane {
namespace {

// UV_POLL of libuv's uv_handle_type, the same since libuv 1.0.
constexpr int kPollHandle = 8;

uv_handle_s *base(uv_poll_s *poll) { return reinterpret_cast<uv_handle_s *>(poll); }

bool has_libuv() {
  return uv_handle_size != nullptr && uv_poll_init != nullptr && uv_poll_start != nullptr && uv_poll_stop != nullptr &&
         uv_close != nullptr && uv_handle_set_data != nullptr && uv_handle_get_data != nullptr && uv_ref != nullptr &&
         uv_unref != nullptr;
}

}  // namespace

Poll *Poll::open(napi_env env, int fd, napi_value function) {
  if (!has_libuv()) return nullptr;
  std::unique_ptr<Poll> poll(new Poll(env));
  return poll->init(fd, function) ? poll.release() : nullptr;
}

bool Poll::init(int fd, napi_value function) {
  uv_loop_s *loop = nullptr;
  if (napi_get_uv_event_loop(env_, &loop) != napi_ok) return false;
  handle_ = static_cast<uv_poll_s *>(std::calloc(1, uv_handle_size(kPollHandle)));
  if (handle_ == nullptr || uv_poll_init(loop, handle_, fd) != 0) {
    std::free(handle_);
    return false;
  }
  uv_handle_set_data(base(handle_), this);
  napi_value name = nullptr;
  napi_create_string_utf8(env_, "framelane socket", NAPI_AUTO_LENGTH, &name);
  napi_create_reference(env_, function, 1, &function_);
  napi_async_init(env_, nullptr, name, &context_);
  // An asynchronous hook: the environment waits until libuv has let go of the handle.
  napi_add_async_cleanup_hook(env_, on_teardown, this, &hook_);
  return true;
}

int Poll::watch(int events) {
  events_ = events;
  return events == 0 ? uv_poll_stop(handle_) : uv_poll_start(handle_, events, on_event);
}

void Poll::keep_alive(bool yes) {
  if (yes) {
    uv_ref(base(handle_));
  } else {
    uv_unref(base(handle_));
  }
}

void Poll::close() {
  owned_ = false;
  if (closed_) {
    delete this;
  } else if (!closing_) {
    begin_closing();
  }
}

void Poll::begin_closing() {
  closing_ = true;
  uv_poll_stop(handle_);
  uv_close(base(handle_), on_closed);
  napi_delete_reference(env_, function_);
  napi_async_destroy(env_, context_);
}

void Poll::on_closed(uv_handle_s *handle) {
  auto *poll = static_cast<Poll *>(uv_handle_get_data(handle));
  napi_remove_async_cleanup_hook(poll->hook_);
  std::free(poll->handle_);
  poll->closed_ = true;
  if (!poll->owned_) delete poll;
}

// The environment ends (a worker was terminated, the program is over) while somebody still has the socket.
void Poll::on_teardown(napi_async_cleanup_hook_handle, void *self) {
  auto *poll = static_cast<Poll *>(self);
  if (!poll->closing_) poll->begin_closing();
}

void Poll::on_event(uv_poll_s *handle, int status, int events) {
  auto *poll = static_cast<Poll *>(uv_handle_get_data(base(handle)));
  // An error waits in the socket (somebody refused a datagram): libuv has stopped. Who reads or writes next takes it out.
  if (status < 0) uv_poll_start(handle, poll->events_, on_event);
  poll->call(status < 0 ? poll->events_ : events);
}

void Poll::call(int events) {
  napi_env env = env_;  // the call may close this
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value function = nullptr, receiver = nullptr, argument = js_int(env, events), result = nullptr;
  napi_get_reference_value(env, function_, &function);
  napi_get_global(env, &receiver);
  if (napi_make_callback(env, context_, receiver, function, 1, &argument, &result) == napi_pending_exception) {
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env, &error);
    napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

}  // namespace framelane
