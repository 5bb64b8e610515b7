// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/unit_edit.hpp"

#include <algorithm>

#include "mig/fields.hpp"
#include "proxy/rules/rule_values.hpp"

namespace mig::proxy {
namespace {

std::vector<std::byte> big_endian(std::uint64_t number, std::size_t width) {
  std::vector<std::byte> bytes(width);
  for (std::size_t i = 0; i < width; ++i)
    bytes[width - 1 - i] = static_cast<std::byte>(number >> (8 * i) & 0xff);
  return bytes;
}

void put(UnitEdit& edit, std::uint64_t at, const std::vector<std::byte>& bytes, bool flip) {
  for (const auto byte : bytes) edit.patches.push_back({at++, byte, flip});
}

/// The value of a ping, pong, shut or resume-ack, to be changed in a copy of its body.
std::uint32_t* value_of(EventBody& body) {
  if (auto* b = std::get_if<Ping>(&body)) return &b->value;
  if (auto* b = std::get_if<Pong>(&body)) return &b->value;
  if (auto* b = std::get_if<Shut>(&body)) return &b->value;
  if (auto* b = std::get_if<ResumeAck>(&body)) return &b->value;
  return nullptr;
}

/// The byte at that offset in the unit says what the unit is, or how long.
bool is_framing(std::uint64_t at, const FieldList& fields, Bytes raw) {
  for (const auto& field : fields) {
    const auto begin = std::uint64_t{field.wire.offset};
    if (at >= begin && at < begin + field.wire.size) return field.name == "type" || field.name == "length";
  }
  return at < raw.size();
}

/// A unit whose framing words or type were changed is read as something else, if at all, and so is what
/// follows.
void judge(UnitEdit& edit, const FaultRule& rule, const Event& event, Bytes raw, const FieldList& fields) {
  edit.garbles = std::any_of(edit.patches.begin(), edit.patches.end(),
                             [&](const BytePatch& patch) { return is_framing(patch.at, fields, raw); });
  const auto& original = event.body;
  const bool message_or_command =
      !std::holds_alternative<SectionHeader>(original) && !std::holds_alternative<SectionFooter>(original) &&
      !std::holds_alternative<PackageBegin>(original) && !std::holds_alternative<PageRecord>(original);
  if (edit.body || rule.field == "payload") return;
  const bool other_length = std::holds_alternative<PackageBegin>(original) && rule.field == "length";
  edit.readable = !message_or_command && (!edit.garbles || other_length);
}

void change_number(UnitEdit& edit, const FaultRule& rule, const Event& event, const Field& field) {
  const auto width = std::size_t{field.wire.size};
  auto value = rule.action == Action::flip ? std::uint64_t{0} : *parse_number(rule.to);
  if (rule.action == Action::flip) {
    for (const auto byte : rule.mask) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  } else if (const auto* page = std::get_if<PageRecord>(&event.body)) {
    value |= page->flags;  // offset and flags share one word
  }
  put(edit, field.wire.offset, big_endian(value, width), rule.action == Action::flip);
  auto body = event.body;
  auto* known = rule.field == "value" ? value_of(body) : nullptr;
  if (known == nullptr) return;
  *known = static_cast<std::uint32_t>(rule.action == Action::flip ? *known ^ value : value);
  edit.body = body;
}

/// A text with its length byte in front; only section names and page records can change their length alone.
void change_text(UnitEdit& edit, const FaultRule& rule, const Event& event, Bytes raw, const Field& field) {
  const auto to = as_bytes(rule.to);
  const std::vector<std::byte> text(to.begin(), to.end());
  if (text.size() == field.wire.size) return put(edit, field.wire.offset, text, false);
  const bool counted =
      std::holds_alternative<SectionHeader>(event.body) || std::holds_alternative<PageRecord>(event.body);
  if (!counted || text.empty() || text.size() > 255) {
    edit.impossible = "\"" + rule.to + "\" is not as long as \"" + std::string(field.text) + "\"";
    return;
  }
  const auto head = raw.first(field.wire.offset - 1U);
  edit.header.assign(head.begin(), head.end());
  edit.header.push_back(static_cast<std::byte>(text.size()));
  edit.header.insert(edit.header.end(), text.begin(), text.end());
  const auto tail = raw.subspan(std::size_t{field.wire.offset} + field.wire.size);
  edit.header.insert(edit.header.end(), tail.begin(), tail.end());
}

}  // namespace

UnitEdit edit_unit(const FaultRule& rule, const Event& event, Bytes raw, const StreamTables& tables) {
  UnitEdit edit;
  const bool flip = rule.action == Action::flip;
  const auto bytes = [&] {
    return flip ? rule.mask : parse_byte_string(rule.to).value_or(std::vector<std::byte>{});
  };
  const auto fields = fields_of(event, tables);
  if (rule.field.empty() || rule.field == "payload") {
    const auto base = rule.field.empty() ? 0 : raw.size();
    put(edit, base + rule.at.value_or(0), bytes(), flip);
    judge(edit, rule, event, raw, fields);
    return edit;
  }
  const auto* field = fields.find(rule.field);
  if (field == nullptr || field->wire.size == 0) {
    edit.impossible = "this one has no field \"" + rule.field + "\" on the wire";
    return edit;
  }
  if (rule.at) {
    put(edit, field->wire.offset + *rule.at, bytes(), flip);
  } else if (field->style == FieldStyle::text || field->style == FieldStyle::bytes) {
    if (flip) {
      put(edit, field->wire.offset, bytes(), true);
    } else {
      change_text(edit, rule, event, raw, *field);
    }
  } else {
    change_number(edit, rule, event, *field);
  }
  judge(edit, rule, event, raw, fields);
  return edit;
}

}  // namespace mig::proxy
