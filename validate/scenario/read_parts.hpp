// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of a scenario file, each read by a file of its own.
#pragma once

#include <optional>

#include "validate/scenario/scenario.hpp"
#include "validate/scenario/table_reader.hpp"

namespace mig::validate {

/// What the reader of a step may add to the scenario around it: `cut` brings its fault rule along.
[[nodiscard]] Step read_step(const Node& node, const std::string& file, std::vector<std::string>& faults);
/// Empty when it is said of the other road.
[[nodiscard]] std::optional<Expectation> read_expectation(const Node& node, const std::string& file,
                                                          const std::vector<Step>& steps, Road road);
[[nodiscard]] VersionRange read_range(TableReader& table, std::string_view key);

}  // namespace mig::validate
