// SPDX-License-Identifier: GPL-2.0-or-later
// Which combinations of keys can work.
#include <algorithm>

#include "proxy/rules/rule_parser.hpp"
#include "proxy/rules/rule_values.hpp"
#include "proxy/rules/unit_kind.hpp"

namespace mig::proxy {
namespace {

/// Units with bytes behind their header, which field=payload means.
bool has_payload(Unit unit) {
  switch (unit) {
    case Unit::package:
    case Unit::device:
    case Unit::section:
    case Unit::page:
    case Unit::vm_description:
    case Unit::recv_bitmap:
    case Unit::discard:
    case Unit::configuration:
    case Unit::command:
    case Unit::multifd_packet: return true;
    default: return false;
  }
}

/// The units that are one command: what name= of the unit command may say.
std::vector<std::string_view> command_names() {
  std::vector<std::string_view> names;
  for (const auto& unit : unit_rows())
    if (unit.sample && (units_of(*unit.sample) & bit(Unit::command)) != 0) names.push_back(unit.word);
  return names;
}

}  // namespace

bool RuleParser::check_combination() {
  if (rule_.unit == Unit::pong && !has(Key::value)) rule_.value = 0x42;
  return check_waits() && check_edit() && check_rest();
}

bool RuleParser::check_waits() {
  const bool waits = rule_.action == Action::hold || rule_.action == Action::delay;
  if (waits && !has(Key::duration) && !has(Key::until))
    return refuse(head_, rule_head() + " needs for= or until=", "how long, such as for=5s or until=SIGUSR1");
  const bool unit = rule_.until && rule_.until->kind == Trigger::Kind::unit;
  const bool stands_still =
      rule_.action == Action::delay || (rule_.action == Action::blackhole && rule_.unit != Unit::connection);
  if (unit && stands_still && !has(Key::duration) &&
      row(rule_.until->unit).direction == row(rule_.unit).direction)
    return refuse(where(Key::until), rule_head() +
                                         " would wait for ever: " + std::string(row(rule_.until->unit).word) +
                                         " comes behind it in the same direction");
  if (has(Key::jitter) && !has(Key::duration)) return refuse(where(Key::jitter), "jitter= needs for=");
  if (has(Key::after) && rule_.unit == Unit::connection && (has(Key::on) || has(Key::phase)))
    return refuse(where(Key::after),
                  "after= counts from the connection's first byte and goes with neither on= nor phase=");
  if (rule_.action == Action::inject && !has(Key::on) && !has(Key::phase))
    return refuse(head_, rule_head() + " needs on= or phase=", "when, such as on=package");
  return true;
}

bool RuleParser::check_edit() {
  if (rule_.action == Action::flip) {
    if (rule_.mask.empty())
      return refuse(head_, rule_head() + " needs mask=", "which bits, such as mask=0x01");
    if (std::all_of(rule_.mask.begin(), rule_.mask.end(), [](std::byte b) { return b == std::byte{0}; }))
      return refuse(where(Key::mask), "mask=0 changes nothing");
  }
  if (rule_.action == Action::set && rule_.to.empty())
    return refuse(head_, rule_head() + " needs to=", "the new value, such as to=0x43");
  if (rule_.action != Action::flip && rule_.action != Action::set) return true;
  if (!has(Key::field) && !has(Key::at)) {
    if (rule_.action == Action::set) rule_.field = default_field(rule_.unit);
    if (rule_.field.empty()) return refuse(head_, rule_head() + " needs field= or at=", "where in the unit");
  }
  return check_field();
}

bool RuleParser::check_field() {
  const auto& unit = row(rule_.unit);
  const bool sets_bytes = rule_.field.empty() || has(Key::at) || rule_.field == "payload";
  if (rule_.action == Action::set && sets_bytes && !parse_byte_string(rule_.to))
    return refuse(where(Key::to), "bad bytes \"" + rule_.to + "\" in rule",
                  "wanted them as 0x with two digits each");
  if (rule_.field.empty()) return true;
  if (rule_.field == "payload") {
    if (has_payload(rule_.unit)) return true;
    return refuse(where(Key::field), with_article(unit.word) + " has no payload behind its header");
  }
  const auto fields = header_fields(rule_.unit);
  const auto* field = fields.find(rule_.field);
  if (field == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& candidate : fields) known.push_back(candidate.name);
    if (has_payload(rule_.unit)) known.emplace_back("payload");
    return refuse_word(where(Key::field), "field", rule_.field, known);
  }
  const auto width = std::size_t{field->wire.size};
  if (field->counted || sets_bytes) return true;
  if (rule_.action == Action::flip && rule_.mask.size() <= width) return true;
  const auto span = rule_.action == Action::flip ? where(Key::mask) : where(Key::to);
  if (rule_.action == Action::set) {
    const auto number = parse_number(rule_.to);
    if (!number)
      return refuse(span, "bad value \"" + rule_.to + "\" in rule", "wanted a number, decimal or 0x");
    if (width == 8 || *number >> (8 * width) == 0) return true;
  }
  return refuse(span, "\"" + std::string(at(span)) + "\" does not fit into field \"" + rule_.field + "\"",
                "it is " + std::to_string(width) + " bytes wide");
}

bool RuleParser::check_rest() {
  if (rule_.action == Action::truncate && rule_.by.value_or(0) == 0)
    return refuse(head_, rule_head() + " needs by=", "how many bytes, such as by=1");
  if (rule_.action == Action::throttle && rule_.by.value_or(0) == 0)
    return refuse(head_, rule_head() + " needs by=", "a rate such as by=8MiB/s");
  if (rule_.unit == Unit::command && has(Key::name) && !check_command_name()) return false;
  if (rule_.action != Action::inject) return true;
  if ((row(rule_.unit).match & bit(Key::value)) != 0 && !rule_.value)
    return refuse(head_, rule_head() + " needs value=", "such as value=1");
  if (rule_.unit == Unit::page_request && (rule_.block.empty() || !rule_.offset))
    return refuse(head_, rule_head() + " needs block= and offset=", "such as block=pc.ram,offset=0x3000");
  return true;
}

bool RuleParser::check_command_name() {
  const auto names = command_names();
  if (std::find(names.begin(), names.end(), rule_.unit_name) != names.end()) return true;
  if (rule_.unit_name == "package" || rule_.unit_name == "packaged")
    return refuse(where(Key::name), "the command PACKAGED is the unit package",
                  "use " + std::string(at(action_)) + "-package");
  return refuse_word(where(Key::name), "command", rule_.unit_name, names);
}

}  // namespace mig::proxy
