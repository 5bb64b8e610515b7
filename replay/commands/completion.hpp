// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "replay/commands/command.hpp"

namespace mig::replay {

/// A script that completes migreplay's commands, options and files, made from what the commands declare.
/// `shell` is "bash" or "zsh".
[[nodiscard]] std::string completion_script(const std::vector<CommandPointer>& commands,
                                            const std::string& shell);

}  // namespace mig::replay
