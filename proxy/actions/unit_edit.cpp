// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/unit_edit.hpp"

#include <algorithm>

#include "mig/encode.hpp"
#include "mig/fields.hpp"
#include "proxy/rules/rule_values.hpp"

namespace mig::proxy {
namespace {

void put(UnitEdit& edit, std::uint64_t at, const std::vector<std::byte>& bytes, bool flip) {
  for (const auto byte : bytes) edit.patches.push_back({at++, byte, flip});
}

/// The byte at that offset in the unit says what the unit is, or how long.
bool is_framing(std::uint64_t at, const FieldList& fields, Bytes raw) {
  for (const auto& field : fields) {
    const auto begin = std::uint64_t{field.wire.offset};
    if (at >= begin && at < begin + field.wire.size) return field.name == "type" || field.name == "length";
  }
  return at < raw.size();
}

std::vector<std::byte> header_of(const UnitEdit& edit, Bytes raw) {
  if (!edit.header.empty()) return edit.header;
  std::vector<std::byte> header(raw.begin(), raw.end());
  for (const auto& patch : edit.patches) {
    if (patch.at >= header.size()) continue;
    auto& byte = header[static_cast<std::size_t>(patch.at)];
    byte = patch.flip ? byte ^ patch.value : patch.value;
  }
  return header;
}

/// What the receiver makes of it. Where framing was changed it reads something else, and so is what follows;
/// only a package of another length is still one.
void judge(UnitEdit& edit, const FaultRule& rule, const Event& event, Bytes raw, const FieldList& fields,
           std::uint32_t page_size) {
  edit.garbles = std::any_of(edit.patches.begin(), edit.patches.end(),
                             [&](const BytePatch& patch) { return is_framing(patch.at, fields, raw); });
  const auto header = header_of(edit, raw);
  if (std::equal(header.begin(), header.end(), raw.begin(), raw.end())) return;
  const bool other_length = std::holds_alternative<PackageBegin>(event.body) && rule.field == "length";
  if (!edit.garbles || other_length) edit.body = read_again(event.body, header, page_size);
  edit.readable = edit.body.has_value();
}

void set(UnitEdit& edit, const FaultRule& rule, const Event& event, Bytes raw, const Field& field) {
  const auto value =
      field.counted ? FieldValue(std::string_view(rule.to)) : parse_number(rule.to).value_or(0);
  auto header = rule.to.empty() ? std::nullopt : set_field(event.body, raw, field.name, value);
  if (!header) {
    edit.impossible = "\"" + rule.to + "\" does not fit into field \"" + rule.field + "\"";
  } else if (header->size() != raw.size()) {
    edit.header = std::move(*header);
  } else {
    const auto size = std::max<std::size_t>(field.wire.size, field.counted ? rule.to.size() : 0);
    const auto changed = Bytes(*header).subspan(field.wire.offset, size);
    put(edit, field.wire.offset, {changed.begin(), changed.end()}, false);
  }
}

/// A mask is as wide as it was written; it ends where the number does.
void flip_number(UnitEdit& edit, const FaultRule& rule, const Field& field) {
  put(edit, std::uint64_t{field.wire.offset} + field.wire.size - rule.mask.size(), rule.mask, true);
}

}  // namespace

UnitEdit edit_unit(const FaultRule& rule, const Event& event, Bytes raw, const StreamTables& tables) {
  UnitEdit edit;
  const bool flip = !rule.mask.empty();
  const auto bytes = [&] {
    return flip ? rule.mask : parse_byte_string(rule.to).value_or(std::vector<std::byte>{});
  };
  const auto fields = fields_of(event, tables);
  if (rule.field.empty() || rule.field == "payload") {
    const auto base = rule.field.empty() ? 0 : raw.size();
    put(edit, base + rule.at.value_or(0), bytes(), flip);
    judge(edit, rule, event, raw, fields, tables.page_size);
    return edit;
  }
  const auto* field = fields.find(rule.field);
  if (field == nullptr || field->wire.size == 0) {
    edit.impossible = "this one has no field \"" + rule.field + "\" on the wire";
    return edit;
  }
  const bool number = field->style == FieldStyle::decimal || field->style == FieldStyle::hex;
  if (rule.at) {
    put(edit, field->wire.offset + *rule.at, bytes(), flip);
  } else if (!flip) {
    set(edit, rule, event, raw, *field);
  } else if (number) {
    flip_number(edit, rule, *field);
  } else {
    put(edit, field->wire.offset, bytes(), true);
  }
  judge(edit, rule, event, raw, fields, tables.page_size);
  return edit;
}

}  // namespace mig::proxy
