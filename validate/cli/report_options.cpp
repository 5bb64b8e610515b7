// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>

#include "validate/report/write_reports.hpp"

namespace mig::validate {

void add_report_options(CLI::App& command, ReportFiles& files) {
  command.add_option("--report,-o", files.html, "write a self-contained HTML report")->type_name("FILE");
  command.add_option("--json", files.json, "write the results as JSON, for machines and for `merge`")
      ->type_name("FILE");
  command.add_option("--junit", files.junit, "write the results as JUnit XML")->type_name("FILE");
}

}  // namespace mig::validate
