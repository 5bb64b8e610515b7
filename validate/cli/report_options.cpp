// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>

#include "validate/report/write_reports.hpp"

namespace mig::validate {

void add_report_options(CLI::App& command, ReportFiles& files) {
  const auto file = [&](const char* name, std::filesystem::path& path, const char* help) {
    return command.add_option(name, path, help)->type_name("FILE");
  };
  file("--report,-o", files.html, "write a self-contained HTML report");
  auto* json = file("--json", files.json, "write the results as JSON, for machines and for `merge`");
  command
      .add_flag("--brief", files.brief,
                "JSON of what came out only, without what was observed; not for `merge`")
      ->needs(json);
  file("--junit", files.junit, "write the results as JUnit XML");
  file("--tap", files.tap, "write the results as TAP 13, which prove reads");
}

}  // namespace mig::validate
