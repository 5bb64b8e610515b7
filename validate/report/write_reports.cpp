// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/report/write_reports.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/report/confusion.hpp"
#include "validate/report/recordings.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

json::object json_of(const std::vector<CellResult>& results, bool brief) {
  json::array cells;
  for (const auto& one : results) cells.push_back(brief ? brief_json(one) : to_json(one));
  return {{"migvalidate", 1}, {"wire", confusion_json(results)}, {"cells", cells}};
}

}  // namespace

void check_writable(const ReportFiles& files) {
  for (const auto& path : {files.json, files.junit, files.tap, files.html}) {
    if (path.empty()) continue;
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    if (!file) throw CouldNotRun("cannot write " + path.string() + ": " + std::strerror(errno));
  }
}

void write_reports(std::vector<CellResult> results, const ReportFiles& files) {
  if (!files.json.empty()) write_file(files.json, json::serialize(json_of(results, files.brief)) + "\n");
  if (!files.junit.empty()) write_file(files.junit, junit_of(results));
  if (!files.tap.empty()) write_file(files.tap, tap_of(results));
  if (files.html.empty()) return;
  put_recordings_aside(results, files.html);
  write_file(files.html, html_of(results));
}

}  // namespace mig::validate
