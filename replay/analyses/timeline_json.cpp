// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/timeline_json.hpp"

#include <boost/json.hpp>

#include "mig/fields.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

json::value time_or_null(std::optional<Time> time, Time start) {
  return time ? json::value(seconds(*time - start)) : json::value(nullptr);
}

json::object between(const Between& b, Time start) {
  return {{"not_before", time_or_null(b.not_before, start)},
          {"not_before_by", b.not_before_by},
          {"not_after", time_or_null(b.not_after, start)},
          {"not_after_by", b.not_after_by}};
}

json::object mark(const Mark& m, Time start) {
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

json::object to_json(const Timeline& t, Time start) {
  json::array marks;
  for (const auto& m : t.marks) marks.push_back(mark(m, start));
  return {{"marks", std::move(marks)},
          {"left_out", t.left_out},
          {"source_stopped", between(t.stopped, start)},
          {"destination_runs", between(t.runs, start)},
          {"guest_away_at_least", time_or_null(t.away_at_least(), Time(0))},
          {"guest_away_at_most", time_or_null(t.away_at_most(), Time(0))}};
}

}  // namespace mig::replay
