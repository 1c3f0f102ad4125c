// The rings that one JavaScript environment (the main thread, a worker) has open, by small numbers.
#pragma once
#include <node_api.h>

#include <memory>
#include <vector>

#include "framelane.h"
#include "waiter.h"

namespace framelane {

/// Calls a JavaScript function on its own thread, from any thread.
class Callback {
 public:
  Callback(napi_env env, napi_value function);
  ~Callback();
  Callback(const Callback &) = delete;
  Callback &operator=(const Callback &) = delete;

  void call() const { napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking); }
  /// Whether the event loop stays alive for it.
  void keep_alive(napi_env env, bool yes) const;

 private:
  napi_threadsafe_function function_ = nullptr;
};

/// What a publisher and a subscriber have in common: JavaScript memory to talk through, and a way to wait.
struct Ring {
  napi_env env = nullptr;
  napi_ref scratch_reference = nullptr;
  std::uint8_t *scratch = nullptr;  ///< a slot header's bytes, then words (see src/native.ts)
  std::unique_ptr<Callback> callback;
  std::unique_ptr<Waiter> waiter;

  virtual ~Ring();
  void talk_through(napi_env env, napi_value scratch_buffer, napi_value on_change);
  /// False: waiting. True: it has changed already.
  bool wait_for(std::uint32_t *word, std::uint32_t seen);
  void stop_waiting();
};

struct PublisherRing final : Ring {
  fl_publisher publisher{};
  ~PublisherRing() override;
};

struct SubscriberRing final : Ring {
  fl_subscriber subscriber{};
  fl_frame frame{};                   ///< the one taken last
  std::uint64_t generation[FL_PINS]{};  ///< which frame of Rings::taken each pin holds: tells it from earlier ones
  std::uint32_t forgotten = 0;
  bool closing = false;               ///< goes as soon as no frame is held
  ~SubscriberRing() override;
};

/// All of one environment; goes with it, whatever it still holds.
struct Rings {
  std::vector<std::unique_ptr<PublisherRing>> publishers;
  std::vector<std::unique_ptr<SubscriberRing>> subscribers;
  std::uint64_t taken = 0;  ///< frames of all subscribers
  int failure = 0;  ///< errno of the last open that failed

  static Rings *of(napi_env env) {
    void *data = nullptr;
    napi_get_instance_data(env, &data);
    return static_cast<Rings *>(data);
  }
};

/// A free place in a list: its number is the ring's.
template <typename T>
std::uint32_t seat(std::vector<std::unique_ptr<T>> &list, std::unique_ptr<T> ring) {
  for (std::uint32_t i = 0; i < list.size(); i++) {
    if (list[i] == nullptr) {
      list[i] = std::move(ring);
      return i;
    }
  }
  list.push_back(std::move(ring));
  return static_cast<std::uint32_t>(list.size() - 1);
}

/// A JavaScript ArrayBuffer over ring memory, or null where the runtime forbids it (Electron).
napi_value lend(napi_env env, void *data, std::size_t bytes, napi_finalize on_forgotten, void *hint);

/// Gives an environment its Rings.
void keep_rings(napi_env env);

}  // namespace framelane
