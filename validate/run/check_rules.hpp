// SPDX-License-Identifier: GPL-2.0-or-later
// Whether migproxy takes the fault rules of a scenario, asked of migproxy itself.
#pragma once

#include <filesystem>
#include <string_view>

#include "validate/scenario/read_scenario.hpp"

namespace mig::validate {

/// Throws CouldNotRun when the program cannot be started.
[[nodiscard]] RuleCheck checked_by(const std::filesystem::path& migproxy);

/// "migproxy: FILE:3: reason" and what follows it, as `migproxy --check --fault-file FILE` says it.
[[nodiscard]] std::optional<BadRule> parse_refusal(std::string_view message, std::string_view file);

}  // namespace mig::validate
