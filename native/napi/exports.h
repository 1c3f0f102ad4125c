// What each file of this folder adds to the module.
#pragma once
#include <node_api.h>

namespace framelane {

void export_publisher(napi_env env, napi_value exports);
void export_subscriber(napi_env env, napi_value exports);
void export_inspection(napi_env env, napi_value exports);
void export_pixels(napi_env env, napi_value exports);
void export_scan(napi_env env, napi_value exports);
void export_qt(napi_env env, napi_value exports);
void export_udp(napi_env env, napi_value exports);
void export_srtp(napi_env env, napi_value exports);

}  // namespace framelane
