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
[[nodiscard]] CellResult run_cell(const Cell& cell, const MatrixOptions& options, Terminal& terminal);

}  // namespace mig::validate
