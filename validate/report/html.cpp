// SPDX-License-Identifier: GPL-2.0-or-later
// One page that needs nothing else: its own files are embedded in the program, and each run's details travel
// in it compressed, because there are hundreds of them.
#include "embedded/report_page.hpp"
#include "validate/base/packing.hpp"
#include "validate/report/confusion.hpp"
#include "validate/report/write_reports.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

void replace(std::string& text, std::string_view mark, std::string_view with) {
  const auto at = text.find(mark);
  if (at != std::string::npos) text.replace(at, mark.size(), with);
}

// "</script>" must not stand in a script, whatever a log says.
std::string for_script(std::string text) {
  for (auto at = text.find("</"); at != std::string::npos; at = text.find("</", at + 3))
    text.insert(at + 1, "\\");
  return text;
}

json::object cell_of(const CellResult& one) {
  auto all = to_json(one);
  json::object detail;
  for (const auto* key : {"differences", "evidence", "broken-invariants", "observations", "files"}) {
    detail[key] = std::move(all[key]);
    all.erase(key);
  }
  all["detail"] = base64(gzipped(json::serialize(detail)));
  return all;
}

}  // namespace

std::string html_of(const std::vector<CellResult>& results) {
  json::array cells;
  for (const auto& one : results) cells.push_back(cell_of(one));
  auto page = std::string(embedded::page_html());
  replace(page, "/*CSS*/", embedded::page_css());
  replace(page, "/*DATA*/",
          for_script(json::serialize(json::object{{"cells", cells}, {"wire", confusion_json(results)}})));
  replace(page, "/*JS*/", embedded::page_js());
  return page;
}

}  // namespace mig::validate
