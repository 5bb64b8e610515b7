// SPDX-License-Identifier: GPL-2.0-or-later
// The log's last line.
#include <boost/json/array.hpp>

#include "mig/fields.hpp"
#include "proxy/report/json_log.hpp"
#include "proxy/report/words.hpp"

namespace mig::proxy {
namespace {

namespace json = boost::json;

json::object direction_object(const Summary& summary, Direction direction) {
  json::object units;
  for (const UnitCount& unit : summary.units) {
    if (unit.direction == direction && unit.count != 0) units[unit.unit] = unit.count;
  }
  const auto at = static_cast<std::size_t>(direction);
  return {{"bytes_received", summary.traffic.received[at]},
          {"bytes_sent", summary.traffic.sent[at]},
          {"units", std::move(units)}};
}

json::object side_object(const SideState& side) {
  return {{"state", to_string(side.kind)}, {"reason", side.reason}};
}

template <class Texts>
json::array texts(const Texts& all) {
  json::array out;
  for (const auto& one : all) out.emplace_back(one);
  return out;
}

json::array migrations_array(const Summary& summary) {
  json::array all;
  for (const MigrationSummary& migration : summary.migrations) {
    json::array pings;
    for (const auto& ping : migration.unanswered) pings.emplace_back(hex_text(ping.value));
    all.push_back(json::object{{"migration", migration.number},
                               {"phase", to_string(migration.phase)},
                               {"verdict", verdict_object(migration.verdict)},
                               {"pings_without_pong", std::move(pings)}});
  }
  return all;
}

json::array rules_array(const Summary& summary) {
  json::array all;
  for (const RuleReport& rule : summary.rules) {
    json::object one{{"rule", printable(rule.text)}, {"fired", rule.fired}};
    if (rule.ineffective != 0) one["in_vain"] = rule.ineffective;
    if (!rule.never_fired.empty()) one["never_fired"] = printable(rule.never_fired);
    if (rule.off_because) one["off_because"] = printable(*rule.off_because);
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

json::object verdict_object(const Verdict& verdict) {
  json::array possible;
  for (const auto runner : verdict.possible) possible.emplace_back(to_string(runner));
  return {{"outcome", to_string(verdict.outcome)},
          {"possible", std::move(possible)},
          {"certain", verdict.certain()},
          {"source", side_object(verdict.source)},
          {"destination", side_object(verdict.destination)},
          {"would_decide", texts(verdict.would_decide)},
          {"next", texts(verdict.next)}};
}

void JsonLog::summary(const Summary& summary, std::uint64_t lines_left_out) {
  Object line = begin("summary", "summary");
  line["connections"] = summary.connections;
  line["refused"] = summary.refused;
  line["forward"] = direction_object(summary, Direction::forward);
  line["return_path"] = direction_object(summary, Direction::return_path);
  line["migrations"] = migrations_array(summary);
  line["rules"] = rules_array(summary);
  line["all_fired"] = summary.all_fired;
  if (lines_left_out != 0) line["lines_left_out"] = lines_left_out;
  end(line, to_text(summary));
}

}  // namespace mig::proxy
