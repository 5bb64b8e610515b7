// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "plugin/view/frame_view.hpp"

namespace mig::plugin {

/// Statistics menu and tshark -z, Export Objects.
void register_taps(int protocol);
/// True if expert infos are being collected (Analyze > Expert Information, tshark -z expert): they are found
/// while drawing, and then it is drawn even where nobody wants a tree.
[[nodiscard]] bool expert_infos_wanted();
/// Hands a view to every tap that listens.
void notify_taps(const FrameView& view);

// Each in a file of its own.
void register_statistics();  // -z qemumig,tree
void register_latency();     // -z qemumig,latency
void register_timeline();    // -z qemumig,timeline
int register_export(int protocol);

}  // namespace mig::plugin
