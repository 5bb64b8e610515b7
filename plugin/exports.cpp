// SPDX-License-Identifier: GPL-2.0-or-later
// What Wireshark looks for in a plugin. Constants have internal linkage in C++ unless they are declared
// first.
#include "plugin/exports.hpp"

#include "plugin/view/ws_compat.hpp"

extern "C" {
WS_DLL_PUBLIC const char plugin_version[];
WS_DLL_PUBLIC const int plugin_want_major;
WS_DLL_PUBLIC const int plugin_want_minor;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC std::uint32_t plugin_describe(void);

const char plugin_version[] = MIG_VERSION;
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

void plugin_register(void) {
  static proto_plugin plugin;
  plugin.register_protoinfo = mig::plugin::register_protocol;
  plugin.register_handoff = mig::plugin::hand_off;
  proto_register_plugin(&plugin);
}

std::uint32_t plugin_describe(void) { return mig::plugin::compat::description; }
}
