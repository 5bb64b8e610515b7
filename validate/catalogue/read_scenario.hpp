// SPDX-License-Identifier: GPL-2.0-or-later
// Scenario files: TOML to Scenario. docs/scenarios.md teaches them.
#pragma once

#include <string>
#include <string_view>

#include "validate/scenario/scenario.hpp"

namespace mig::validate {

/// `file` is for messages; its stem is the scenario's name. What the file says of the other driver is
/// checked, and left out. Throws Refusal: file, line, reason.
[[nodiscard]] Scenario read_scenario(std::string_view text, const std::string& file,
                                     DriverKind driver = DriverKind::direct);

}  // namespace mig::validate
