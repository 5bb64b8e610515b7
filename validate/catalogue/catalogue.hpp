// SPDX-License-Identifier: GPL-2.0-or-later
// The scenarios that come with the program, and those of the user.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "validate/catalogue/read_scenario.hpp"

namespace mig::validate {

/// All that come with the program, by name.
[[nodiscard]] std::vector<Scenario> built_in_scenarios(DriverKind driver = DriverKind::direct);

/// By name, by tag ("ci"), or from a file (a name with a slash or ending in .toml).
/// Throws Refusal; WrongUsage when there is none of that name.
[[nodiscard]] std::vector<Scenario> find_scenarios(const std::vector<std::string>& names,
                                                   DriverKind driver = DriverKind::direct);

/// The text of a scenario as it stands in its file.
[[nodiscard]] std::string text_of_scenario(const std::string& name);

}  // namespace mig::validate
