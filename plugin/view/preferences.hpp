// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "plugin/model/capture.hpp"
#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

/// What the user can set under Preferences > Protocols > QEMU-MIG, or with -o qemumig.NAME:VALUE.
struct Preferences {
  compat::BoolPreference show_pages = false;
  compat::BoolPreference page_bytes = false;
  compat::UintPreference max_pages = 64;
  compat::UintPreference forward_port = 0;
  compat::UintPreference page_size = 0;
  compat::UintPreference keep_mib = 64;
  compat::UintPreference reorder_window = 64;
  const char* vm_description = nullptr;
};

[[nodiscard]] const Preferences& preferences() noexcept;
void register_preferences(int protocol);
/// What the model needs of them, for a new capture.
[[nodiscard]] Options capture_options();

}  // namespace mig::plugin
