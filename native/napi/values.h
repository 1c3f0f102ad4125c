// Between JavaScript values and C++ ones. TypeScript has checked every argument: what arrives here has the right type.
#pragma once
#include <node_api.h>

#include <cstdint>
#include <string>

namespace framelane {

/// The arguments of a call.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) { napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr); }

  napi_value at(std::size_t i) const { return values_[i]; }
  std::uint32_t u32(std::size_t i) const {
    std::uint32_t value = 0;
    napi_get_value_uint32(env_, values_[i], &value);
    return value;
  }
  std::int32_t i32(std::size_t i) const {
    std::int32_t value = 0;
    napi_get_value_int32(env_, values_[i], &value);
    return value;
  }
  double number(std::size_t i) const {
    double value = 0;
    napi_get_value_double(env_, values_[i], &value);
    return value;
  }
  bool flag(std::size_t i) const {
    bool value = false;
    napi_get_value_bool(env_, values_[i], &value);
    return value;
  }
  std::string text(std::size_t i) const {
    char buffer[512];
    std::size_t length = 0;
    napi_get_value_string_utf8(env_, values_[i], buffer, sizeof buffer, &length);
    return {buffer, length};
  }
  bool is_nothing(std::size_t i) const {
    napi_valuetype type = napi_undefined;
    napi_typeof(env_, values_[i], &type);
    return type == napi_undefined || type == napi_null;
  }
  /// Memory of an ArrayBuffer.
  std::uint8_t *buffer(std::size_t i, std::size_t *bytes = nullptr) const {
    void *data = nullptr;
    std::size_t length = 0;
    napi_get_arraybuffer_info(env_, values_[i], &data, &length);
    if (bytes != nullptr) *bytes = length;
    return static_cast<std::uint8_t *>(data);
  }
  /// Memory of a Uint8Array.
  std::uint8_t *bytes(std::size_t i, std::size_t *length) const {
    void *data = nullptr;
    napi_get_typedarray_info(env_, values_[i], nullptr, length, &data, nullptr, nullptr);
    return static_cast<std::uint8_t *>(data);
  }
  /// Memory of a Uint32Array.
  std::uint32_t *words(std::size_t i) const { return reinterpret_cast<std::uint32_t *>(bytes(i, nullptr)); }
  /// What an external stands for.
  template <typename T>
  T *external(std::size_t i) const {
    void *data = nullptr;
    napi_get_value_external(env_, values_[i], &data);
    return static_cast<T *>(data);
  }

 private:
  napi_env env_;
  std::size_t count_ = 12;
  napi_value values_[12] = {};
};

inline napi_value js_number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}
inline napi_value js_int(napi_env env, std::int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}
inline napi_value js_bool(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}
inline napi_value js_null(napi_env env) {
  napi_value result = nullptr;
  napi_get_null(env, &result);
  return result;
}

/// Adds number `key` to an object.
inline void put(napi_env env, napi_value object, const char *key, double value) {
  napi_set_named_property(env, object, key, js_number(env, value));
}

using Method = napi_value (*)(napi_env, napi_callback_info);

/// Adds a function to the addon's exports.
inline void export_method(napi_env env, napi_value exports, const char *name, Method method) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, method, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace framelane
