// SPDX-License-Identifier: GPL-2.0-or-later
// The same fault at every unit boundary of one migration in turn: what becomes of the guest, depending on
// when.
#pragma once

#include <string>
#include <vector>

#include "validate/matrix/run_matrix.hpp"

namespace mig::validate {

/// "reset", "close", "half-close", or "drop": the unit itself is lost.
[[nodiscard]] const std::vector<std::string>& sweep_actions();

struct Sweep {
  std::string action = "reset";
  std::string at;  ///< this boundary only, "pong:0x42"; empty: all
};

/// For each pair: the migration once without a fault, and then once for each unit that passed, named
/// "reset@pong:0x42". Throws as run_matrix does.
[[nodiscard]] std::vector<CellResult> run_sweep(const Sweep& sweep, const MatrixOptions& options,
                                                Terminal& terminal);

/// Boundary by boundary, pair by pair.
void show_map(const std::vector<CellResult>& results, Terminal& terminal);

}  // namespace mig::validate
