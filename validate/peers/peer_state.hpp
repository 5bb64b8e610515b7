// SPDX-License-Identifier: GPL-2.0-or-later
// What a scripted peer reports of itself, in QEMU's words: migration status, run state, error.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::validate {

/// Named after QEMU's (docs/protocol.md 9.1).
enum class PeerStatus {
  none,
  setup,
  active,
  device,
  postcopy_device,
  postcopy_active,
  postcopy_paused,
  completed,
  failing,
  failed,
};
[[nodiscard]] std::string_view to_string(PeerStatus status);  // "postcopy-device"

struct PeerState {
  PeerStatus status = PeerStatus::none;
  std::string run_state;
  std::string error;  ///< the first one; later ones follow from it

  std::function<void()> on_status = [] {};
  std::function<void()> on_run_state = [] {};

  void set(PeerStatus next) {
    status = next;
    on_status();
  }
  void set_run_state(std::string next) {
    run_state = std::move(next);
    on_run_state();
  }
  void set_error(const std::string& text) {
    if (error.empty()) error = text;
  }
};

/// The machine both scripted peers are: its devices, as they stand in the package.
struct ScriptedDevice {
  std::uint32_t section;
  std::string_view name;
  std::uint32_t version;
  std::uint32_t size;  ///< bytes of state
};
[[nodiscard]] const std::vector<ScriptedDevice>& scripted_devices();
/// Holds the guest's counter in its first four bytes, as a CPU holds where its guest is.
inline constexpr std::string_view counter_device = "cpu";

}  // namespace mig::validate
