// SPDX-License-Identifier: GPL-2.0-or-later
// Three acts that show what the state postcopy-device and its PONG 0x42 are for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "validate/base/terminal.hpp"

namespace mig::validate {

struct DemoOptions {
  std::filesystem::path source;
  std::filesystem::path destination;
  std::filesystem::path migproxy;
  std::optional<std::string> scripted;  ///< play with scripted peers; why there is no QEMU, or nothing
  bool or_scripted = false;             ///< the same where the kernel refuses postcopy to the QEMUs
  std::filesystem::path peer;           ///< migpeer
  std::vector<int> acts{1, 2, 3};
  std::filesystem::path keep;  ///< folder for all logs; empty: they go
  std::filesystem::path json;  ///< file for the observations; empty: none
};

/// Plays the acts. True when every verdict came out as expected. Throws CouldNotRun, Interrupted.
[[nodiscard]] bool play_demo(const DemoOptions& options, Terminal& terminal);

}  // namespace mig::validate
