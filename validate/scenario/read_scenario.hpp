// SPDX-License-Identifier: GPL-2.0-or-later
// Scenario files: TOML to Scenario. docs/scenarios.md teaches them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/scenario/scenario.hpp"

namespace mig::validate {

struct BadRule {
  std::size_t index = 0;
  std::string reason;
};
/// The first rule that migproxy would not take. Rules are its business: see check_rules.hpp.
using RuleCheck = std::function<std::optional<BadRule>(const std::vector<std::string>& rules)>;

/// `file` is for messages; its stem is the scenario's name. What the file says of the other road is checked,
/// and left out. Throws Refusal: file, line, reason.
[[nodiscard]] Scenario read_scenario(std::string_view text, const std::string& file, Road road = Road::direct,
                                     const RuleCheck& check = {});

}  // namespace mig::validate
