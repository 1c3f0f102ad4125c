// The addon: everything that TypeScript can call, once an environment (the main thread, each worker).
#include "exports.h"
#include "rings.h"

NAPI_MODULE_INIT() {
  using namespace framelane;
  keep_rings(env);
  export_publisher(env, exports);
  export_subscriber(env, exports);
  export_inspection(env, exports);
  export_pixels(env, exports);
  export_scan(env, exports);
  export_qt(env, exports);
  export_udp(env, exports);
  export_srtp(env, exports);
  return exports;
}
