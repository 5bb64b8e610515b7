// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/report/write_reports.hpp"

#include <fstream>

#include "validate/base/errors.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

void write_file(const std::filesystem::path& path, const std::string& text) {
  if (path.empty()) return;
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw CouldNotRun("cannot write " + path.string() + ": choose another file");
}

json::object json_of(const std::vector<CellResult>& results) {
  json::array cells;
  for (const auto& one : results) cells.push_back(to_json(one));
  return {{"migvalidate", 1}, {"cells", cells}};
}

}  // namespace

void write_reports(const std::vector<CellResult>& results, const ReportFiles& files) {
  if (!files.json.empty()) write_file(files.json, json::serialize(json_of(results)) + "\n");
  if (!files.junit.empty()) write_file(files.junit, junit_of(results));
  if (!files.html.empty()) write_file(files.html, html_of(results));
}

}  // namespace mig::validate
