// SPDX-License-Identifier: GPL-2.0-or-later
// The JUnit dialect that Jenkins, GitLab and GitHub's actions read: a suite, cases, failure and skipped.
#include <map>
#include <sstream>

#include "validate/report/write_reports.hpp"

namespace mig::validate {
namespace {

std::string escaped(std::string_view text) {
  static const std::map<char, const char*> entities{
      {'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\n', "&#10;"}};
  std::string out;
  for (const char c : text) {
    const auto found = entities.find(c);
    if (found != entities.end())
      out += found->second;
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
  }
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

void write_case(const CellResult& one, std::ostream& out) {
  const auto repeat = one.repeat > 1 ? " #" + std::to_string(one.repeat) : std::string();
  out << "    <testcase classname=\"migvalidate." << escaped(one.scenario) << "\" name=\""
      << escaped(one.source) << " to " << escaped(one.destination) << repeat << "\" time=\"" << one.seconds
      << "\">\n";
  switch (one.outcome) {
    case Outcome::as_expected:
    case Outcome::observed: break;
    case Outcome::unexpected:
    case Outcome::flaky:
      out << "      <failure message=\"" << escaped(one.verdict + ", expected " + one.expected) << "\">"
          << escaped(joined(one.differences)) << "</failure>\n";
      break;
    case Outcome::not_run: out << "      <error message=\"" << escaped(one.reason) << "\"/>\n"; break;
    case Outcome::not_applicable:
      out << "      <skipped message=\"" << escaped(one.reason) << "\"/>\n";
      break;
  }
  out << "      <system-out>" << escaped(joined(one.evidence) + one.command)
      << "</system-out>\n    </testcase>\n";
}

}  // namespace

std::string junit_of(const std::vector<CellResult>& results) {
  std::map<Outcome, std::size_t> counts;
  for (const auto& one : results) ++counts[one.outcome];
  std::ostringstream out;
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"migvalidate\" "
         "tests=\""
      << results.size() << "\" failures=\"" << counts[Outcome::unexpected] + counts[Outcome::flaky]
      << "\" errors=\"" << counts[Outcome::not_run] << "\" skipped=\"" << counts[Outcome::not_applicable]
      << "\">\n";
  for (const auto& one : results) write_case(one, out);
  out << "  </testsuite>\n</testsuites>\n";
  return out.str();
}

}  // namespace mig::validate
