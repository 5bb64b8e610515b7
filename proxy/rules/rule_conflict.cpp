// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rules/rule_conflict.hpp"

#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

bool takes_units(const FaultRule& rule) {
  const bool units = (row(rule.unit).traits & trait::in_stream) != 0;
  const bool own = !rule.action->ends || !rule.channel || *rule.channel == ChannelChoice::all;
  return units && own && takes_unit(rule);
}

bool same_or_any(const auto& wider, const auto& narrower) { return !wider || wider == narrower; }

/// Each unit of `narrow` is one of `wide`.
bool covers(Unit wide, Unit narrow) {
  return wide == narrow || (wide == Unit::section && narrow == Unit::device);
}

/// Each unit that `second` fits is one that `first` fits.
bool fits_all_of(const FaultRule& first, const FaultRule& second) {
  const bool where = same_or_any(first.channel, second.channel) || first.action->ends;
  const bool scope = same_or_any(first.connection, second.connection) &&
                     same_or_any(first.migration, second.migration) && same_or_any(first.phase, second.phase);
  const bool unit = same_or_any(first.value, second.value) && same_or_any(first.instance, second.instance) &&
                    same_or_any(first.offset, second.offset) &&
                    (first.unit_name.empty() || first.unit_name == second.unit_name) &&
                    (first.block.empty() || first.block == second.block);
  const bool when = !first.chance && (!first.on || first.on == second.on) && first.skip <= second.skip;
  return covers(first.unit, second.unit) && where && scope && unit && when;
}

std::string sentence(const FaultRule& first, const FaultRule& second) {
  const auto unit = std::string(row(second.unit).word);
  if (first.times == 0)
    return second.name + " can never act: " + first.name + " takes away each " + unit + " that it fits";
  const auto count =
      first.times == 1 ? "first " + unit : "first " + std::to_string(first.times) + " of each " + unit;
  return second.name + " acts only on a later " + unit + ": " + first.name + " takes away the " + count +
         " that it fits";
}

/// Why the rule's unit never passes on its channel; empty if it may.
std::string wrong_channel(const FaultRule& rule) {
  const bool selects = rule.channel && rule.channel != ChannelChoice::all && !rule.action->ends;
  if (!selects || (row(rule.unit).traits & trait::in_stream) == 0) return {};
  const std::string unit(row(rule.unit).word);
  if (rule.channel == ChannelChoice::tls) return "no unit can be read on a TLS channel";
  if (rule.unit == Unit::multifd_packet)
    return rule.channel == ChannelChoice::multifd ? "" : "a " + unit + " is sent on multifd channels only";
  if (rule.channel == ChannelChoice::multifd)
    return "multifd channels carry nothing but units multifd-packet";
  const bool answers = row(rule.unit).direction == Direction::return_path;
  return answers && rule.channel != ChannelChoice::main ? "a " + unit + " is sent on the main channel only"
                                                        : "";
}

}  // namespace

std::vector<std::string> conflicts(std::span<const FaultRule> rules) {
  std::vector<std::string> sentences;
  for (const auto& rule : rules)
    if (const auto why = wrong_channel(rule); !why.empty())
      sentences.push_back(rule.name + " can never act: " + why);
  for (std::size_t second = 1; second < rules.size(); ++second) {
    if (rules[second].action->injects) continue;
    for (std::size_t first = 0; first < second; ++first) {
      if (!takes_units(rules[first]) || !fits_all_of(rules[first], rules[second])) continue;
      sentences.push_back(sentence(rules[first], rules[second]));
      break;
    }
  }
  return sentences;
}

}  // namespace mig::proxy
