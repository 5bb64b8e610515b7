// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "validate/matrix/run_matrix.hpp"

namespace mig::validate {

struct Cell {
  const Scenario* scenario = nullptr;
  const QemuChoice* source = nullptr;
  const QemuChoice* destination = nullptr;
  int repeat = 1;
};

/// Runs it, unless it does not apply or a QEMU is missing. The story goes to `terminal`. Throws Interrupted
/// only.
/// What becomes of a cell that is not run: its scenario has nothing to say of the pair. Nothing: it is run.
[[nodiscard]] std::optional<CellResult> not_applicable(const Cell& cell, const MatrixOptions& options);
/// What is expected of it: "RECOVERED or LOST"; empty: nothing.
[[nodiscard]] std::string expected_of(const Cell& cell, const MatrixOptions& options);
[[nodiscard]] CellResult run_cell(const Cell& cell, const MatrixOptions& options, Terminal& terminal);

}  // namespace mig::validate
