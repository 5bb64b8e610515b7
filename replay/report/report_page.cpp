// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/report/report_page.hpp"

#include <boost/json.hpp>

#include "embedded/report_files.hpp"
#include "embedded/uplot_files.hpp"

namespace mig::replay {
namespace {

/// Inside <script> only '<' could end the data; JSON may write it as an escape.
std::string escaped_json(const boost::json::object& report) {
  std::string out;
  for (const char c : boost::json::serialize(report)) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string script() {
  std::string out;
  for (const auto part :
       {embedded::dom_js(), embedded::plots_js(), embedded::lanes_js(), embedded::timeline_js(),
        embedded::sequence_js(), embedded::heat_js(), embedded::memory_js(), embedded::faults_js(),
        embedded::devices_js(), embedded::verdict_js(), embedded::main_js()})
    out += part;
  return out;
}

std::string filling(std::string_view mark, const boost::json::object& report) {
  if (mark == "LICENCE") return std::string(embedded::LICENSE());
  if (mark == "PLOT_CSS") return std::string(embedded::uPlot_min_css());
  if (mark == "PLOT_JS") return std::string(embedded::uPlot_iife_min_js());
  if (mark == "CSS") return std::string(embedded::report_css());
  if (mark == "JS") return script();
  return escaped_json(report);
}

}  // namespace

std::string report_page(const boost::json::object& report) {
  std::string out;
  auto rest = embedded::report_html();
  for (auto at = rest.find('@'); at != std::string_view::npos; at = rest.find('@')) {
    const auto end = rest.find('@', at + 1);
    out += rest.substr(0, at);
    out += filling(rest.substr(at + 1, end - at - 1), report);
    rest.remove_prefix(end + 1);
  }
  out += rest;
  return out;
}

}  // namespace mig::replay
