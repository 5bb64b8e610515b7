// SPDX-License-Identifier: GPL-2.0-or-later
// A Wireshark plugin that claims a migration's main connection and does nothing with it: what bench/plugin.py
// compares the real one with.
#include "plugin/exports.hpp"
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

}  // namespace

namespace mig::plugin {

void register_protocol() {
  protocol = proto_register_protocol("Claims a migration", "CLAIMED", "claimed");
  handle = register_dissector("claimed", dissect, protocol);
}

void hand_off() {
  heur_dissector_add("tcp", recognise, "Claimed", "claimed_tcp", protocol, HEURISTIC_ENABLE);
}

}  // namespace mig::plugin
