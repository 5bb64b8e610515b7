// SPDX-License-Identifier: GPL-2.0-or-later
// Results as files: JSON for machines and for `merge`, JUnit and TAP for CI systems, HTML for people.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "validate/matrix/result.hpp"

namespace CLI {
class App;
}

namespace mig::validate {

struct ReportFiles {
  std::filesystem::path json, junit, tap, html;  ///< empty: none
  bool brief = false;                            ///< JSON without what was observed: not for `merge`
};

void add_report_options(CLI::App& command, ReportFiles& files);
/// Opens each for writing, and changes nothing in it: what cannot be written is found out before the runs.
/// Throws CouldNotRun.
void check_writable(const ReportFiles& files);
/// Throws CouldNotRun when a file cannot be written.
void write_reports(std::vector<CellResult> results, const ReportFiles& files);

[[nodiscard]] std::string tap_of(const std::vector<CellResult>& results);
[[nodiscard]] std::string junit_of(const std::vector<CellResult>& results);
[[nodiscard]] std::string html_of(const std::vector<CellResult>& results);

}  // namespace mig::validate
