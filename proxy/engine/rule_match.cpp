// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/rule_match.hpp"

#include "mig/fields.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {
namespace {

bool number_fits(const std::optional<std::uint64_t>& wanted, const Field* field) {
  return !wanted || (field != nullptr && field->number == *wanted);
}

/// The section that a header, or a footer, belongs to.
const SectionInfo* section_of(const EventBody& body, const StreamTables& tables) {
  if (const auto* footer = std::get_if<SectionFooter>(&body)) return tables.section(footer->expected);
  return nullptr;
}

bool section_fits(const FaultRule& rule, const Event& event, const StreamTables& tables) {
  std::string_view idstr;
  std::uint32_t instance = 0;
  if (const auto* header = std::get_if<SectionHeader>(&event.body)) {
    idstr = tables.name(header->idstr);
    instance = header->instance_id;
  } else if (const auto* info = section_of(event.body, tables)) {
    idstr = tables.name(info->idstr);
    instance = info->instance_id;
  }
  if (!rule.unit_name.empty() && !name_fits(rule.unit_name, idstr)) return false;
  return !rule.instance || *rule.instance == instance;
}

}  // namespace

bool name_fits(std::string_view wanted, std::string_view idstr) noexcept {
  if (wanted == idstr) return true;
  const auto slash = idstr.rfind('/');
  return slash != std::string_view::npos && idstr.substr(slash + 1) == wanted;
}

bool unit_fits(const FaultRule& rule, const Event& event, const StreamTables& tables) {
  if (rule.unit == Unit::command) return rule.unit_name.empty() || unit_name(event.body) == rule.unit_name;
  if (!rule.unit_name.empty() || rule.instance) return section_fits(rule, event, tables);
  if (!rule.value && rule.block.empty() && !rule.offset) return true;
  const auto fields = fields_of(event, tables);
  if (!number_fits(rule.value, fields.find("value"))) return false;
  if (!number_fits(rule.offset, fields.find("offset"))) return false;
  if (rule.block.empty()) return true;
  const auto* block = fields.find("block");
  return block != nullptr && block->text == rule.block;
}

bool trigger_fits(const Trigger& trigger, const Event& event, UnitSet units, const StreamTables& tables) {
  if (trigger.kind != Trigger::Kind::unit || (units & bit(trigger.unit)) == 0) return false;
  FaultRule as_rule;
  as_rule.unit = trigger.unit;
  as_rule.value = trigger.value;
  as_rule.unit_name = trigger.name;
  return unit_fits(as_rule, event, tables);
}

bool channel_fits(const std::optional<ChannelChoice>& wanted, ChannelKind kind) noexcept {
  if (!wanted) return true;
  switch (*wanted) {
    case ChannelChoice::main: return is_main(kind);
    case ChannelChoice::multifd: return kind == ChannelKind::multifd;
    case ChannelChoice::preempt: return kind == ChannelKind::preempt;
    case ChannelChoice::tls: return kind == ChannelKind::tls;
    case ChannelChoice::all: return true;
  }
  return false;
}

bool scope_fits(const FaultRule& rule, const Scope& scope) noexcept {
  const auto number = [](auto id) { return static_cast<std::uint32_t>(id) + 1; };  // rules count from 1
  if (rule.connection && scope.connection && *rule.connection != number(*scope.connection)) return false;
  if (rule.migration && scope.migration) {
    const auto* migration = *scope.migration;
    if (migration == nullptr || *rule.migration != number(migration->id())) return false;
  }
  return !rule.phase || !scope.phase || rule.phase == *scope.phase;
}

}  // namespace mig::proxy
