// SPDX-License-Identifier: GPL-2.0-or-later
// TAP 13, the Test Anything Protocol: a plan, a line for each cell, and what differs as YAML below it.
#include <sstream>

#include "validate/report/write_reports.hpp"

namespace mig::validate {
namespace {

bool passed(Outcome outcome) {
  return outcome == Outcome::as_expected || outcome == Outcome::observed ||
         outcome == Outcome::not_applicable;
}

// A # would begin a directive.
std::string description_of(const CellResult& one) {
  std::string text = one.scenario + " " + one.source + " -> " + one.destination;
  if (one.repeat > 1) text += " repeat " + std::to_string(one.repeat);
  if (!one.verdict.empty()) text += " " + one.verdict;
  std::string out;
  for (const char c : text) out += c == '#' ? std::string("\\#") : std::string(1, c);
  return out;
}

// JSON's texts and lists are YAML's.
void write_difference(const CellResult& one, std::ostream& out) {
  const auto message =
      one.outcome == Outcome::not_run ? one.reason : one.verdict + ", expected " + one.expected;
  out << "  ---\n  message: " << boost::json::serialize(boost::json::value(message))
      << "\n  differences: " << boost::json::serialize(boost::json::value_from(one.differences))
      << "\n  command: " << boost::json::serialize(boost::json::value(one.command)) << "\n  ...\n";
}

}  // namespace

std::string tap_of(const std::vector<CellResult>& results) {
  std::ostringstream out;
  out << "TAP version 13\n1.." << results.size() << "\n";
  std::size_t number = 0;
  for (const auto& one : results) {
    out << (passed(one.outcome) ? "ok " : "not ok ") << ++number << " - " << description_of(one);
    if (one.outcome == Outcome::not_applicable) out << " # SKIP " << one.reason;
    out << "\n";
    if (!passed(one.outcome)) write_difference(one, out);
  }
  return out.str();
}

}  // namespace mig::validate
