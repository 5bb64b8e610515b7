// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <vector>

#include "validate/base/terminal.hpp"
#include "validate/scenario/scenario.hpp"

namespace mig::validate {

/// One line each.
void list_scenarios(const std::vector<Scenario>& scenarios, Terminal& terminal);
/// What it does and what is expected, in sentences.
void explain(const Scenario& scenario, Terminal& terminal);

}  // namespace mig::validate
