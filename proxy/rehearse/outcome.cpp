// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rehearse/outcome.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "common/quantities.hpp"

namespace json = boost::json;

namespace mig::proxy {
namespace {

constexpr std::size_t shown_sections = 5;

std::string time_text(double seconds) {
  return duration_text(std::chrono::nanoseconds(std::llround(seconds * 1e9)));
}

std::string title(const RehearsalReport::Section& section) {
  return section.name + (section.instance == 0 ? "" : " (instance " + std::to_string(section.instance) + ")");
}

/// Where the stream was when the destination ended it: what it refused came there, or shortly before.
std::string place(const RehearsalReport& report) {
  if (report.devices.empty())
    return report.stopped_at ? "in the last pass over memory" : "while memory was sent";
  return "when device " + title(report.devices.back()) + " had been sent";
}

std::optional<double> away(const RehearsalReport& report) {
  if (!report.stopped_at || !report.answered_at) return std::nullopt;
  return *report.answered_at - *report.stopped_at;
}

std::vector<RehearsalReport::Section> largest(const RehearsalReport& report) {
  auto sections = report.devices;
  std::ranges::stable_sort(sections, std::ranges::greater{}, &RehearsalReport::Section::bytes);
  if (sections.size() > shown_sections) sections.resize(shown_sections);
  return sections;
}

}  // namespace

RehearsalOutcome outcome_of(RehearsalEnd end, const Rehearsal& rehearsal) {
  RehearsalOutcome out;
  out.report = rehearsal.migration().report();
  switch (end) {
    case RehearsalEnd::answered:
      out.migrates = out.report.shut == 0U;
      out.reason = out.migrates ? "the destination has loaded all of the guest"
                                : "the destination reported that it failed, " + place(out.report);
      break;
    case RehearsalEnd::refused:
      out.reason = rehearsal.migration().problem();
      out.remedy = rehearsal.migration().remedy();
      break;
    case RehearsalEnd::source_ended:
      out.reason = "the source ended the migration: it failed there, or was cancelled";
      out.remedy = "its query-migrate has the reason";
      break;
    case RehearsalEnd::destination_ended:
      out.reason = rehearsal.connect_error().empty()
                       ? "the destination ended the connection, " + place(out.report)
                       : "no connection to the destination: " + rehearsal.connect_error();
      break;
    case RehearsalEnd::interrupted: out.reason = "the rehearsal was interrupted"; break;
  }
  return out;
}

std::string RehearsalOutcome::text() const {
  std::string out = migrates ? "YES        it would migrate: " : "NO         ";
  out += reason + "\n";
  if (!remedy.empty()) out += "remedy     " + remedy + "\n";
  for (const auto& words : destination_says) out += "it says    " + words + "\n";
  if (report.bytes != 0)
    out += "sent       " + bytes_text(report.bytes) + ", " + std::to_string(report.pages) +
           " pages with contents, " + std::to_string(report.passes) + " passes\n";
  if (report.stopped_at) out += "converged  after " + time_text(*report.stopped_at) + "\n";
  if (const auto time = away(report))
    out += "away       the guest was stopped for " + time_text(*time) + ", up to the destination's answer\n";
  for (const auto& section : largest(report))
    if (migrates) out += "device     " + title(section) + ", " + std::to_string(section.bytes) + " bytes\n";
  if (source_runs)
    out += *source_runs ? "home       the source runs its guest\n"
                        : "NOT HOME   the source does not run its guest: give it `cont`\n";
  return out;
}

std::string RehearsalOutcome::json() const {
  json::array devices;
  for (const auto& section : report.devices)
    devices.push_back(
        json::object{{"name", section.name}, {"instance", section.instance}, {"bytes", section.bytes}});
  json::object out{{"migrates", migrates},  {"reason", reason},      {"remedy", remedy},
                   {"bytes", report.bytes}, {"pages", report.pages}, {"passes", report.passes}};
  out["converged_seconds"] = report.stopped_at ? json::value(*report.stopped_at) : json::value();
  const auto time = away(report);
  out["away_seconds"] = time ? json::value(*time) : json::value();
  out["shut"] = report.shut ? json::value(*report.shut) : json::value();
  out["devices"] = std::move(devices);
  out["destination_says"] = json::value_from(destination_says);
  out["source_runs"] = source_runs ? json::value(*source_runs) : json::value();
  return json::serialize(out);
}

}  // namespace mig::proxy
