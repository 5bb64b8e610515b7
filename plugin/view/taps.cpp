// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/taps.hpp"

namespace mig::plugin {
namespace {
int statistics_tap = 0;
int export_tap = 0;
}  // namespace

void register_taps(int protocol) {
  statistics_tap = register_tap("qemumig");
  export_tap = register_export(protocol);
  register_statistics();
  register_latency();
  register_timeline();
}

bool expert_infos_wanted() {
  static const int expert_tap = find_tap_id("expert");
  return have_tap_listener(expert_tap) != 0;
}

void notify_taps(const FrameView& view) {
  if (view.log() == nullptr) return;
  const bool counted = have_tap_listener(statistics_tap) != 0;
  const bool exported = have_tap_listener(export_tap) != 0;
  if (!counted && !exported) return;
  auto* copy = wmem_new(view.pinfo->pool, FrameView);  // taps are called when the frame is done
  *copy = view;
  if (counted) tap_queue_packet(statistics_tap, view.pinfo, copy);
  if (exported) tap_queue_packet(export_tap, view.pinfo, copy);
}

}  // namespace mig::plugin
