// SPDX-License-Identifier: GPL-2.0-or-later
// The switchover on one clock, for people and for programs. How the marks are set: timeline_marks.cpp.
#include "replay/analyses/timeline.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <span>

#include "mig/fields.hpp"
#include "replay/analyses/guest_away.hpp"
#include "replay/analyses/registry.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

const char* arrow(const Mark& m) {
  if (m.what == "phase" || m.what == "notice") return "===";
  if (m.what == "connected") return " + ";
  if (m.what == "closed" || m.what == "reset") return " - ";
  return m.direction == Direction::forward ? "-->" : "<--";
}

std::string prefix(const Mark& m, Clock& clock, Time start, Time zero) {
  return clock(m.time, start) + printed("  %+11.3f  %3u  %s  ", seconds(m.time - zero) * 1e3,
                                        static_cast<unsigned>(m.connection) + 1, arrow(m));
}

/// Device sections that follow each other, in one row.
std::string devices_row(std::span<const Mark> devices) {
  const auto& largest = *std::max_element(devices.begin(), devices.end(),
                                          [](const Mark& a, const Mark& b) { return a.bytes < b.bytes; });
  std::uint64_t bytes = 0;
  for (const auto& m : devices) bytes += m.bytes;
  auto out = devices.front().in_package ? "  " : std::string();
  out += std::to_string(devices.size()) + " device sections, " + bytes_text(bytes) + ", the largest " +
         printable(largest.idstr) + " with " + bytes_text(largest.bytes);
  const auto end = devices.back().end.value_or(devices.back().time);
  if (end != devices.front().time) out += ", took " + duration_text(end - devices.front().time);
  return out + "\n";
}

std::string text_of(const Mark& m) {
  std::string out;
  if (m.what == "device") {
    out += printed("%s%s instance %u, version %u, %s", m.in_package ? "  " : "", printable(m.idstr).c_str(),
                   m.instance_id, m.version_id, bytes_text(m.bytes).c_str());
  } else {
    out += m.text;
  }
  if (m.end && *m.end != m.time) out += ", took " + duration_text(*m.end - m.time);
  if (m.since_ping) out += ", " + duration_text(*m.since_ping) + " after its PING";
  return out + "\n";
}

std::string rows(const std::vector<Mark>& marks, const TimelineView& view, Time start, Time zero) {
  Clock clock(view.time);
  auto out = clock.title() + printed("  %11s  %3s\n", "ms to stop", "con");
  for (auto m = marks.begin(); m != marks.end();) {
    const auto end = std::find_if(m, marks.end(), [](const Mark& one) { return one.what != "device"; });
    out += prefix(*m, clock, start, zero);
    const bool folded = !view.devices && end - m > 1;
    out += folded ? devices_row({m, end}) : text_of(*m);
    m = folded ? end : m + 1;
  }
  return out;
}

std::string bound(const char* what, const Between& b, Time start) {
  std::string out;
  if (b.not_before)
    out += printed("  %s not before %.6f s (%s)\n", what, seconds(*b.not_before - start),
                   b.not_before_by.c_str());
  if (b.not_after)
    out +=
        printed("  %s not after  %.6f s (%s)\n", what, seconds(*b.not_after - start), b.not_after_by.c_str());
  return out;
}

std::string away_text(const GuestAway& away) {
  if (!away.at_least) return "  the guest was not handed over in this capture\n";
  auto out = "  so nobody ran it for " + away.text() + "\n";
  if (away.estimate) out += "  the estimate: " + away.estimate->by + "\n";
  return out;
}

json::value time_or_null(std::optional<Time> time, Time start) {
  return time ? json::value(seconds(*time - start)) : json::value(nullptr);
}

json::object between_json(const Between& b, Time start) {
  return {{"not_before", time_or_null(b.not_before, start)},
          {"not_before_by", b.not_before_by},
          {"not_after", time_or_null(b.not_after, start)},
          {"not_after_by", b.not_after_by}};
}

json::object mark_json(const Mark& m, Time start) {
  json::object out{{"time", seconds(m.time - start)},
                   {"what", m.what},
                   {"text", printable(m.text)},
                   {"connection", static_cast<unsigned>(m.connection) + 1},
                   {"channel", to_string(m.channel)},
                   {"direction", to_string(m.direction)},
                   {"packet", m.packet},
                   {"offset", m.offset},
                   {"bytes", m.bytes}};
  if (m.end) out["end"] = seconds(*m.end - start);
  if (m.since_ping) out["since_ping"] = seconds(*m.since_ping);
  if (m.value) out["value"] = hex_text(*m.value);
  if (m.in_package) out["in_package"] = true;
  if (m.what != "device") return out;
  out["idstr"] = printable(m.idstr);
  out["section_id"] = m.section_id;
  out["instance_id"] = m.instance_id;
  out["version_id"] = m.version_id;
  return out;
}

}  // namespace

std::string TimelineAnalysis::text(const Migration& migration, Time start) {
  const Timeline& t = states_[migration];
  auto out = printed("migration %u  timeline\n", static_cast<unsigned>(migration.id()) + 1) +
             rows(t.marks, view_, start, t.stopped.not_after.value_or(start));
  if (t.left_out != 0)
    out += printed("%llu more are left out\n", static_cast<unsigned long long>(t.left_out));
  out += "the guest, as the capture point saw it\n";
  return out + bound("the source's stopped  ", t.stopped, start) +
         bound("the destination's runs", t.runs, start) + away_text(guest_away(t, t));
}

json::object TimelineAnalysis::json(const Migration& migration, Time start) {
  const Timeline& t = states_[migration];
  json::array marks;
  for (const auto& m : t.marks) marks.push_back(mark_json(m, start));
  const auto away = guest_away(t, t);
  return {{"marks", std::move(marks)},
          {"left_out", t.left_out},
          {"source_stopped", between_json(t.stopped, start)},
          {"destination_runs", between_json(t.runs, start)},
          {"guest_away", to_json(away)}};
}

extern const AnalysisKind timeline_analysis = {"timeline", make_analysis<TimelineAnalysis>, true};

}  // namespace mig::replay
