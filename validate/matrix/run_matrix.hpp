// SPDX-License-Identifier: GPL-2.0-or-later
// Runs scenarios for pairs of QEMUs, several at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "validate/base/terminal.hpp"
#include "validate/matrix/result.hpp"
#include "validate/run/qemu_choice.hpp"
#include "validate/run/run_scenario.hpp"

namespace mig::validate {

struct Shard {
  std::size_t index = 1;  ///< from 1
  std::size_t count = 1;
};

/// The libvirt that drives the QEMUs, as it was named.
struct LibvirtChoice {
  std::string name;
  QemuVersion version;
  /// Why a scenario cannot be driven that way; empty: it can.
  std::function<std::optional<std::string>(const Scenario&)> unsupported_reason;
};

struct MatrixOptions {
  std::string subcommand = "run";  ///< that runs such a cell again
  std::vector<std::pair<QemuChoice, QemuChoice>> pairs;
  std::filesystem::path migproxy;
  std::filesystem::path migreplay;  ///< that each recording is held against; empty: none is
  std::filesystem::path rescuer;  ///< a migreplay that brings back a guest that nobody runs; empty: not tried
  int repeat = 1;
  std::size_t jobs = 1;
  std::optional<std::uint64_t> seed;  ///< migproxy's, for rules with chance= or jitter=
  std::filesystem::path keep;         ///< empty: files go, but for those a report takes along
  bool verbose = false;
  bool collect_files = false;  ///< into the results, for a report
  Shard shard;
  std::optional<LibvirtChoice> libvirt;  ///< then `make_driver` is its
  MakeDriver make_driver = drive_over_qmp;
};

/// The cells that would be run, a line each, with what is expected.
void list_cells(const std::vector<Scenario>& scenarios, const MatrixOptions& options, Terminal& terminal);

/// How many there are, then a line of progress for each cell that was run. Throws CouldNotRun when nothing
/// can be run at all, Interrupted.
[[nodiscard]] std::vector<CellResult> run_matrix(const std::vector<Scenario>& scenarios,
                                                 const MatrixOptions& options, Terminal& terminal);

}  // namespace mig::validate
