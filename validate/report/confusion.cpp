// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/report/confusion.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace json = boost::json;

namespace mig::validate {
namespace {

std::set<std::string> columns_of(const Confusion& table) {
  std::set<std::string> columns;
  for (const auto& [verdict, row] : table.counts)
    for (const auto& [outcome, count] : row) columns.insert(outcome);
  return columns;
}

std::string padded(std::string text, std::size_t width) {
  text.insert(0, width > text.size() ? width - text.size() : 0, ' ');
  return text;
}

std::string row_text(std::string name, const std::set<std::string>& columns,
                     const std::map<std::string, unsigned>& row) {
  constexpr std::size_t widest = 13;  // SPLIT-BRAIN
  name.resize(std::max(name.size(), widest), ' ');
  auto text = "  " + name;
  for (const auto& column : columns) {
    const auto found = row.find(column);
    text += padded(found == row.end() ? "." : std::to_string(found->second), column.size() + 2);
  }
  return text;
}

void show_table(const Confusion& table, View view, Terminal& terminal) {
  const auto columns = columns_of(table);
  terminal.blank();
  terminal.line(std::string(to_string(view)) + ": the guests' verdict (rows) against the wire's (columns)",
                Tone::bold);
  std::string head(15, ' ');
  for (const auto& column : columns) head += "  " + column;
  terminal.line(head, Tone::dim);
  for (const auto& [verdict, row] : table.counts) terminal.line(row_text(verdict, columns, row), Tone::plain);
}

unsigned count(const Confusion& table, Held held) { return table.held.at(static_cast<std::size_t>(held)); }

void show_sum(const Confusion& table, View view, Terminal& terminal) {
  char share[16];
  std::snprintf(share, sizeof share, "%.1f", table.certain_share());
  const auto wrong = count(table, Held::wrong), none = count(table, Held::no_answer);
  terminal.line(std::string(to_string(view)) + ": " + std::to_string(table.judged()) + " runs, " +
                    std::to_string(wrong) + " wrong, " + std::to_string(none) + " without an answer, " +
                    share + " % certain",
                wrong + none == 0 ? Tone::good : Tone::bad);
}

}  // namespace

unsigned Confusion::judged() const {
  unsigned sum = 0;
  for (const auto& [verdict, row] : counts)
    for (const auto& [outcome, count] : row) sum += count;
  return sum;
}

double Confusion::certain_share() const {
  return judged() == 0 ? 0 : 100.0 * count(*this, Held::certain) / judged();
}

Confusion confusion_of(const std::vector<CellResult>& results, View view) {
  Confusion table;
  for (const auto& one : results) {
    if (!one.wire) continue;
    const auto how = one.wire->held(view);
    ++table.held.at(static_cast<std::size_t>(how));
    const auto& outcome = one.wire->answers.at(static_cast<std::size_t>(view)).outcome;
    if (how != Held::encrypted) ++table.counts[one.verdict][outcome.empty() ? "no answer" : outcome];
  }
  return table;
}

void show_confusion(const std::vector<CellResult>& results, Terminal& terminal) {
  constexpr unsigned worth_a_table = 10;  // runs
  for (const auto view : all_views) {
    const auto table = confusion_of(results, view);
    if (table.judged() >= worth_a_table) show_table(table, view, terminal);
    if (table.judged() != 0) show_sum(table, view, terminal);
    if (const auto hidden = count(table, Held::encrypted); hidden != 0 && view == all_views.back())
      terminal.line("not held against the wire: " + std::to_string(hidden) + " runs with TLS", Tone::dim);
  }
}

json::object confusion_json(const std::vector<CellResult>& results) {
  json::object out;
  for (const auto view : all_views) {
    const auto table = confusion_of(results, view);
    json::object counts;
    for (const auto& [verdict, row] : table.counts) counts[verdict] = json::value_from(row);
    json::object one{{"runs", table.judged()}, {"certain_percent", table.certain_share()}};
    for (const auto how : {Held::certain, Held::uncertain, Held::wrong, Held::no_answer, Held::encrypted})
      one[to_string(how)] = count(table, how);
    one["guests_against_wire"] = std::move(counts);
    out[to_string(view)] = std::move(one);
  }
  return out;
}

}  // namespace mig::validate
