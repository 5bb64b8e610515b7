// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/summary.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/quantities.hpp"
#include "proxy/relay/relay.hpp"
#include "proxy/report/judge.hpp"
#include "proxy/report/words.hpp"

namespace mig::proxy {
namespace {

std::string hex(std::uint32_t value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%x", value);
  return text.data();
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

/// "  name      text"
std::string row(const std::string& name, const std::string& text) {
  return "  " + padded(name, 16) + text + "\n";
}

std::string units_text(const Summary& summary, Direction direction) {
  std::string text;
  for (const UnitCount& unit : summary.units) {
    if (unit.direction != direction || unit.count == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(unit.unit) + " " + count_text(unit.count);
  }
  return text;
}

/// Breaks at ", " so that no line is much longer than 100 characters.
std::string wrapped(const std::string& name, const std::string& text) {
  std::string out;
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto comma = std::min(text.find(", ", at), text.size());
    const std::string item = text.substr(at, comma == text.size() ? std::string::npos : comma - at + 1);
    if (!line.empty() && line.size() + item.size() > 80) {
      out += row(out.empty() ? name : "", line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + item;
    at = std::min(comma + 2, text.size());
  }
  return out + row(out.empty() ? name : "", line.empty() ? "none" : line);
}

std::string migration_text(const MigrationSummary& migration) {
  std::string text(to_string(migration.phase));
  text += migration.unanswered.empty() ? ", every PING was answered" : ", PINGs without a PONG:";
  for (const auto& ping : migration.unanswered) {
    text += " " + hex(ping.value) + (ping.in_package ? " (in the package)" : "");
  }
  return text;
}

std::string times(std::uint64_t count) { return count == 1 ? "once" : count_text(count) + " times"; }

std::string rule_text(const RuleReport& rule) {
  std::string text = rule.text + ": ";
  if (rule.fired == 0) {
    text += "never fired";
    if (!rule.never_fired.empty()) text += ": " + rule.never_fired;
    if (rule.ineffective != 0) text += ", without effect " + times(rule.ineffective);
  } else {
    text += "fired " + times(rule.fired);
  }
  return rule.off_because ? text + " (" + *rule.off_because + ")" : text;
}

}  // namespace

Summary summarize(const FaultSession& session, const Relay& relay, const Judge& judge) {
  Summary summary;
  summary.connections = relay.connections_connected();
  summary.refused = relay.connections_refused();
  summary.traffic = relay.traffic();
  summary.units = session.unit_counts();
  summary.rules = session.rules();
  summary.all_fired = session.all_fired();
  for (const Migration& migration : session.migrations().all()) {
    MigrationSummary one{
        static_cast<unsigned>(migration.id()) + 1, migration.phase(), {}, judge.verdict(migration)};
    for (const auto& exchange : migration.history().exchanges().all()) {
      if (exchange.kind == Exchange::Kind::ping && !exchange.response) one.unanswered.push_back(exchange);
    }
    summary.migrations.push_back(std::move(one));
  }
  return summary;
}

std::string to_text(const Summary& summary) {
  std::string text = "summary\n";
  text += row("connections", count_text(summary.connections) +
                                 (summary.refused == 0 ? "" : ", refused " + count_text(summary.refused)));
  for (const Direction direction : {Direction::forward, Direction::return_path}) {
    const std::string arrow = direction == Direction::forward ? "-->" : "<--";
    text += row(arrow + " bytes", bytes_text(summary.traffic.sent[static_cast<std::size_t>(direction)]));
    text += wrapped(arrow + " units", units_text(summary, direction));
  }
  for (const MigrationSummary& migration : summary.migrations) {
    text += row("migration " + std::to_string(migration.number), verdict_text(migration.verdict));
    text += row("", "source " + std::string(migration.verdict.source.reason));
    text += row("", "destination " + std::string(migration.verdict.destination.reason));
    for (const auto& next : migration.verdict.next) text += row("", "next: " + std::string(next));
    text += row("", "phase " + migration_text(migration));
  }
  for (const RuleReport& rule : summary.rules) text += row("rule", rule_text(rule));
  return text;
}

}  // namespace mig::proxy
