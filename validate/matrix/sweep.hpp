// SPDX-License-Identifier: GPL-2.0-or-later
// The same fault at every unit boundary of one migration in turn: what becomes of the guest, depending on when.
#pragma once

#include <string>
#include <vector>

#include "validate/matrix/run_matrix.hpp"

namespace mig::validate {

/// "reset", "close", "half-close", or "drop": the unit itself is lost.
[[nodiscard]] const std::vector<std::string>& sweep_actions();

/// Makes the migration once without a fault, and a scenario for each unit that passed: "reset@pong:0x42".
[[nodiscard]] std::vector<Scenario> sweep_scenarios(const std::string& action, const QemuChoice& source,
                                                    const QemuChoice& destination,
                                                    const std::filesystem::path& migproxy);

/// Boundary by boundary, one column for each pair.
void show_map(const std::vector<CellResult>& results, Terminal& terminal);

}  // namespace mig::validate
