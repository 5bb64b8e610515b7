// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/verdict/invariants.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <variant>

#include "proxy/rules/fault_rule.hpp"

namespace mig::validate {
namespace {

void check_crash(const SideObservations& side, const std::string& name, std::vector<Violation>& out) {
  if (side.crashed) out.push_back({"crash", name + " crashed: " + side.process_end});
}

void check_ticks(const SideObservations& side, const std::string& name, std::vector<Violation>& out) {
  if (side.tick_jumps == 0) return;
  out.push_back(
      {"ticks", name + "'s guest skipped or repeated ticks, " + std::to_string(side.tick_jumps) + " times"});
}

// A destination that libvirt starts is found when its migration may be well under way: what came before the
// first status is not known then.
void check_statuses(Side which, const SideObservations& side, const std::string& name, bool from_the_start,
                    std::vector<Violation>& out) {
  std::string before = from_the_start ? "none" : "";
  for (const auto& change : side.changes) {
    if (change.kind != StateChange::Kind::status) continue;
    if (!before.empty() && !may_follow(which, before, change.text))
      out.push_back({"statuses", name + " went from " + before + " to " + change.text});
    before = change.text;
  }
}

std::string hex(std::uint32_t value) {
  char text[8];
  const auto end = std::to_chars(text, text + sizeof text, value, 16).ptr;
  return "0x" + std::string(text, end);
}

void check_memory(const SideObservations& side, const std::string& name, std::vector<Violation>& out) {
  if (!side.memory.damaged()) return;
  const auto& pages = side.memory.bad_pages;
  out.push_back(
      {"memory", name + "'s guest found damaged memory" +
                     (pages.empty() ? std::string() : ", first the page at " + hex(pages.front()))});
}

void check_side(Side which, const SideObservations& side, const Observations& seen,
                std::vector<Violation>& out) {
  const auto name = std::string("the ") + to_string(which);
  const bool from_the_start = which == Side::source || !seen.libvirt;
  check_crash(side, name, out);
  check_statuses(which, side, name, from_the_start, out);
  check_ticks(side, name, out);
  check_memory(side, name, out);
}

// A guest that ticks has to say that all of its memory is right, after all that was done to it.
void check_verified(Side which, const SideObservations& side, const Observations& seen,
                    std::vector<Violation>& out) {
  if (side.memory.damaged()) return;
  if (ticks_between(side.ticks, seen.watched_from, seen.watched_to).count == 0) return;
  if (verified_between(side.memory, seen.watched_from, seen.watched_to) >= 2) return;
  out.push_back({"memory", std::string("the ") + to_string(which) +
                               "'s guest is running but did not finish verifying its memory in time"});
}

// How often a rule may fire; nullopt: no limit. Counting starts again with each migration, that is
// with each destination.
std::optional<std::uint64_t> limit_of(const std::string& text, std::size_t migrations) {
  const auto result = proxy::parse_rule(text);
  const auto* rule = std::get_if<proxy::FaultRule>(&result);
  if (rule == nullptr || rule->times == 0) return std::nullopt;
  return std::uint64_t{rule->times} * migrations;
}

void check_rules(const Observations& seen, std::vector<Violation>& out) {
  for (const auto& [rule, fired] : seen.rules) {
    if (fired == 0) out.push_back({"rules", "the rule " + rule + " never fired"});
    if (fired > limit_of(rule, 1 + seen.earlier_destinations.size()).value_or(fired))
      out.push_back({"rules", "the rule " + rule + " fired " + std::to_string(fired) + " times"});
  }
}

}  // namespace

std::vector<std::string> invariant_names() {
  return {"crash", "statuses", "ticks", "memory", "rules", "wire", "rescue"};
}

std::vector<Violation> violations_of(const Observations& seen) {
  std::vector<Violation> out;
  check_side(Side::source, seen.source, seen, out);
  check_side(Side::destination, seen.destination, seen, out);
  for (const auto& earlier : seen.earlier_destinations) check_side(Side::destination, earlier, seen, out);
  check_verified(Side::source, seen.source, seen, out);
  check_verified(Side::destination, seen.destination, seen, out);
  check_rules(seen, out);
  return out;
}

}  // namespace mig::validate
