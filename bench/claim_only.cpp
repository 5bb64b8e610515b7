// SPDX-License-Identifier: GPL-2.0-or-later
// A Wireshark plugin that claims a migration's main connection and does nothing with it: what bench/plugin.py
// compares the real one with.
#include "plugin/view/ws_compat.hpp"

namespace {

int protocol = -1;
dissector_handle_t handle;

int dissect(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  col_set_str(pinfo->cinfo, COL_PROTOCOL, "CLAIMED");
  proto_tree_add_item(tree, protocol, tvb, 0, -1, ENC_NA);
  return static_cast<int>(tvb_captured_length(tvb));
}

mig::plugin::compat::HeuristicResult recognise(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree,
                                               void* data) {
  if (tvb_captured_length(tvb) < 8 || tvb_get_ntohl(tvb, 0) != 0x5145564d) return false;
  conversation_set_dissector(find_or_create_conversation(pinfo), handle);
  return dissect(tvb, pinfo, tree, data) != 0;
}

void register_protocol() {
  protocol = proto_register_protocol("Claims a migration", "CLAIMED", "claimed");
  handle = register_dissector("claimed", dissect, protocol);
}

void hand_off() {
  heur_dissector_add("tcp", recognise, "Claimed", "claimed_tcp", protocol, HEURISTIC_ENABLE);
}

}  // namespace

extern "C" {
WS_DLL_PUBLIC const char plugin_version[];
WS_DLL_PUBLIC const int plugin_want_major;
WS_DLL_PUBLIC const int plugin_want_minor;
WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC std::uint32_t plugin_describe(void);

const char plugin_version[] = "0";
const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

void plugin_register(void) {
  static proto_plugin plugin;
  plugin.register_protoinfo = register_protocol;
  plugin.register_handoff = hand_off;
  proto_register_plugin(&plugin);
}

std::uint32_t plugin_describe(void) { return mig::plugin::compat::description; }
}
