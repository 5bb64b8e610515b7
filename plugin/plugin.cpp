// SPDX-License-Identifier: GPL-2.0-or-later
// What Wireshark looks for in a plugin. Constants have internal linkage in C++ unless they are declared
// first.
#include "plugin/view/conversation.hpp"
#include "plugin/view/dissect.hpp"
#include "plugin/view/fields.hpp"
#include "plugin/view/preferences.hpp"
#include "plugin/view/session.hpp"
#include "plugin/view/taps.hpp"
#include "plugin/view/ws_compat.hpp"

namespace {

void register_protocol() {
  using namespace mig::plugin;
  set_protocol(proto_register_protocol("QEMU Live Migration", "QEMU-MIG", "qemumig"));
  register_fields(protocol());
  register_preferences(protocol());
  register_dissectors();
  register_taps(protocol());
  register_conversation();
  register_cleanup_routine(forget_capture);
}

}  // namespace

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
  plugin.register_protoinfo = register_protocol;
  plugin.register_handoff = mig::plugin::hand_off;
  proto_register_plugin(&plugin);
}

std::uint32_t plugin_describe(void) { return mig::plugin::compat::description; }
}
