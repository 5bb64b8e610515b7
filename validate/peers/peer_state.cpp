// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/peer_state.hpp"

#include <array>

namespace mig::validate {

std::string_view to_string(PeerStatus status) {
  static constexpr std::array<std::string_view, 10> names{
      "none",      "setup",   "active", "device", "postcopy-device", "postcopy-active", "postcopy-paused",
      "completed", "failing", "failed"};
  return names.at(static_cast<std::size_t>(status));
}

const std::vector<ScriptedDevice>& scripted_devices() {
  static const std::vector<ScriptedDevice> devices{{0, "timer", 2, 24},
                                                   {3, "cpu_common", 1, 8},
                                                   {4, counter_device, 12, 720},
                                                   {6, "apic", 3, 173},
                                                   {9, "0000:00:00.0/I440FX", 3, 260},
                                                   {24, "serial", 3, 60},
                                                   {40, "globalstate", 1, 104}};
  return devices;
}

}  // namespace mig::validate
