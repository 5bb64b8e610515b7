// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/report/write_reports.hpp"

#include "validate/base/files.hpp"
#include "validate/report/recordings.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

json::object json_of(const std::vector<CellResult>& results) {
  json::array cells;
  for (const auto& one : results) cells.push_back(to_json(one));
  return {{"migvalidate", 1}, {"cells", cells}};
}

}  // namespace

void write_reports(std::vector<CellResult> results, const ReportFiles& files) {
  if (!files.json.empty()) write_file(files.json, json::serialize(json_of(results)) + "\n");
  if (!files.junit.empty()) write_file(files.junit, junit_of(results));
  if (files.html.empty()) return;
  put_recordings_aside(results, files.html);
  write_file(files.html, html_of(results));
}

}  // namespace mig::validate
