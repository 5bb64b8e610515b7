// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/layout_check.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "mig/describe.hpp"
#include "mig/encode.hpp"
#include "mig/fields.hpp"

namespace mig::test {
namespace {

std::uint64_t load(Bytes raw, WireSpan span) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < span.size; ++i) value = value << 8 | load_u8(raw, span.offset + i);
  return value;
}

/// Bytes of a header that are no field's: marks, magics, lengths of names, what nobody uses. From QEMU's
/// sources, not from the layouts.
std::size_t framing_bytes(const EventBody& body, std::size_t text) {
  static const std::map<std::string_view, std::size_t> always{
      {"file-header", 4},
      {"configuration", 1 + 4},
      {"target-page-bits", 1 + 1 + 30 + 4},
      {"capabilities", 1 + 1 + 26 + 4},
      {"uuid", 1 + 1 + 18 + 4},
      {"capability", 1},
      {"footer", 1},
      {"eof", 1},
      {"vm-description", 1},
      {"open-return-path", 1},
      {"ping", 1},
      {"advise", 1},
      {"listen", 1},
      {"run", 1},
      {"discard", 1 + 1 + 1 + 1},
      {"package", 1 + 2},
      {"enable-colo", 1},
      {"resume", 1},
      {"recv-bitmap-request", 1 + 1},
      {"switchover-start", 1},
      {"ram-block", 1},
      {"ram-eos", 8},
      {"multifd-flush", 8},
      {"bitmap-name", 1},
      {"recv-bitmap", 1},
      {"recv-bitmap-end", 8},
      {"multifd-init", 4 + 7 + 32},
  };
  if (const auto* section = std::get_if<SectionHeader>(&body))
    return section->type == SectionType::start || section->type == SectionType::full ? 1 : 0;
  if (const auto* page = std::get_if<PageRecord>(&body))
    return (page->names_block ? 1U : 0U) + (page->encoding == PageEncoding::xbzrle ? 1U : 0U);
  if (const auto* request = std::get_if<PageRequest>(&body)) return request->names_block ? 1 : 0;
  if (const auto* chunk = std::get_if<DirtyBitmapChunk>(&body)) return (chunk->flags & 0x08) != 0 ? 1 : 0;
  if (const auto* chunk = std::get_if<BlockChunk>(&body)) return (chunk->flags & 0x01) != 0 ? 1 : 0;
  if (const auto* packet = std::get_if<MultifdPacket>(&body))
    return 4 + 4 + (packet->normal_pages != 0 ? 0U : 4U) + 4 + 24 + 256 - text;
  if (std::holds_alternative<MultifdDeviceState>(body)) return 4 + 4 + 256 - text;
  const auto found = always.find(unit_name(body));
  return found != always.end() ? found->second : 0;
}

/// Numbers that share their word with flags.
bool shares_its_word(const EventBody& body, std::string_view field) {
  return (std::holds_alternative<PageRecord>(body) && field == "offset") || field == "total" ||
         (std::holds_alternative<S390Record>(body) && field == "address");
}

std::string field_fault(const EventBody& body, const Field& field, Bytes raw) {
  const auto bytes = raw.subspan(field.wire.offset, field.wire.size);
  if (field.style == FieldStyle::bytes || (field.style == FieldStyle::text && field.name != "type"))
    return as_text(bytes) == field.text ? "" : "has another text on the wire";
  auto on_wire = load(raw, field.wire);
  if (std::holds_alternative<BlockChunk>(body) && field.name == "sector") on_wire >>= 9;
  if (shares_its_word(body, field.name)) on_wire &= ~0xfffULL;
  const auto number = shares_its_word(body, field.name) ? field.number & ~0xfffULL : field.number;
  return on_wire == number ? "" : "has another value on the wire";
}

/// What a body does not keep is not written again: versions of subsections, unused bytes of multifd.
bool keeps_all(const EventBody& body) {
  return !std::holds_alternative<TargetPageBits>(body) && !std::holds_alternative<Capabilities>(body) &&
         !std::holds_alternative<MachineUuid>(body) && !std::holds_alternative<MultifdInit>(body) &&
         !std::holds_alternative<MultifdPacket>(body) && !std::holds_alternative<MultifdDeviceState>(body);
}

bool has_header(const EventBody& body) {
  return !std::holds_alternative<Payload>(body) && !std::holds_alternative<Unparsed>(body) &&
         !std::holds_alternative<Missing>(body);
}

std::string fault(const Event& event, Bytes raw, const StreamTables& tables) {
  const auto fields = fields_of(event, tables);
  if (!has_header(event.body)) return fields.header_size == 0 ? "" : "bytes without a header have one";
  if (fields.header_size != raw.size())
    return "the layout is of " + std::to_string(fields.header_size) + " bytes";
  std::vector<bool> taken(raw.size());
  std::string_view text;
  for (const auto& field : fields) {
    if (field.wire.size == 0) continue;
    if (std::size_t{field.wire.offset} + field.wire.size > raw.size())
      return std::string(field.name) + " is outside the header";
    if (const auto why = field_fault(event.body, field, raw); !why.empty())
      return std::string(field.name) + " " + why;
    if (field.style == FieldStyle::text && field.name != "type") text = field.text;
    for (std::size_t i = 0; i < field.wire.size; ++i) {
      if (taken[field.wire.offset + i]) return std::string(field.name) + " shares a byte with another field";
      taken[field.wire.offset + i] = true;
    }
  }
  const auto framing = static_cast<std::size_t>(std::count(taken.begin(), taken.end(), false));
  if (framing != framing_bytes(event.body, text.size()))
    return std::to_string(framing) + " bytes are in no field";
  const auto again = encode(event.body, text);
  const bool same = std::equal(again.begin(), again.end(), raw.begin(), raw.end());
  return same || !keeps_all(event.body) ? "" : "encode() gives other bytes";
}

}  // namespace

std::string layout_fault(const Event& event, Bytes raw, const StreamTables& tables) {
  const auto why = fault(event, raw, tables);
  return why.empty() ? why : describe(event, tables) + ": " + why;
}

}  // namespace mig::test
