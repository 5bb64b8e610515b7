// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/words.hpp"

#include <algorithm>

#include "mig/fields.hpp"
#include "mig/wire.hpp"

namespace mig::plugin {

Line printable(std::string_view text) noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  Line line;
  std::size_t n = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f && c != '\\';
    if (n + (plain ? 1 : 4) >= line.text.size()) break;
    if (plain) {
      line.text[n++] = c;
    } else {
      for (const char x : {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]}) line.text[n++] = x;
    }
  }
  return line;
}

Line block_words(const StreamTables& tables, BlockId block) noexcept {
  const auto name = tables.block_name(block);
  return name.empty() ? line_of("(unknown block)") : printable(name);
}

bool PageGroup::add(const Slice& slice) noexcept {
  const auto& run = *slice.run;
  if (!empty() && run.block != block) return false;
  const auto low = run.page(slice.first), high = run.page(slice.first + slice.count - 1);
  first = empty() ? low : std::min(first, low);
  last = std::max(last, high);
  if (empty()) range.begin = slice.range.begin;
  range.end = slice.range.end;
  block = run.block;
  const auto memory = std::uint64_t{slice.count} << run.page_bits;
  if (run.encoding == PageEncoding::zero) {
    zero_pages += slice.count;
    zero_bytes += memory;
  } else {
    pages += slice.count;
    bytes += run.multifd ? memory : std::uint64_t{slice.count} * run.payload_size;
  }
  return true;
}

Line title_of(const PageGroup& group, const StreamTables& tables) noexcept {
  const auto block = block_words(tables, group.block);
  const auto count = group.pages + group.zero_pages;
  Line line = count == 1 ? format("%s page 0x%llx", block.c_str(), wide(group.first))
                         : format("%s %u pages 0x%llx-0x%llx", block.c_str(), count, wide(group.first),
                                  wide(group.last));
  if (group.zero_pages == 0) return line;
  if (group.pages == 0) return format("%s, %szero", line.c_str(), count == 1 ? "" : "all ");
  return format("%s, %u zero", line.c_str(), group.zero_pages);
}

Line payload_title(const Slice& slice, const StreamTables& tables) noexcept {
  if (slice.run != nullptr) {
    return format("page %s 0x%llx", block_words(tables, slice.run->block).c_str(),
                  wide(slice.run->page(slice.first)));
  }
  if (slice.unit == nullptr) return line_of("bytes of an unknown unit");
  if (const auto* section = std::get_if<SectionHeader>(&slice.unit->event.body))
    return format("state of %s", printable(tables.name(section->idstr)).c_str());
  return title_of(slice.unit->event, tables);
}

Line page_words(const Slice& slice, const StreamTables& tables) noexcept {
  return format("page of %s", block_words(tables, slice.run->block).c_str());
}

Line flag_words(std::uint16_t flags) noexcept {
  struct Flag {
    std::uint64_t bit;
    const char* name;
  };
  constexpr Flag all[] = {{wire::ram_full, "FULL"},     {wire::ram_zero, "ZERO"},
                          {wire::ram_page, "PAGE"},     {wire::ram_continue, "CONTINUE"},
                          {wire::ram_xbzrle, "XBZRLE"}, {wire::ram_compress_page, "COMPRESS_PAGE"}};
  auto line = format("0x%04x", flags);
  const char* before = " (";
  for (const auto& flag : all) {
    if ((flags & flag.bit) == 0) continue;
    line = format("%s%s%s", line.c_str(), before, flag.name);
    before = ", ";
  }
  return *before == ',' ? format("%s)", line.c_str()) : line;
}

Line phase_words(Phase phase) noexcept { return format("phase %s", printable(to_string(phase)).c_str()); }

bool is_silent(const EventBody& body) noexcept {
  if (const auto* section = std::get_if<SectionHeader>(&body))
    return section->in_package || section->type == SectionType::part;
  if (const auto* command = std::get_if<Command>(&body)) return command->in_package;
  if (const auto* ping = std::get_if<Ping>(&body))
    return ping->in_package && ping->value != wire::ping_package_loaded;
  if (const auto* table = std::get_if<HtabHeader>(&body)) return table->value == 0;
  return std::holds_alternative<SectionFooter>(body) || std::holds_alternative<RamEos>(body) ||
         std::holds_alternative<DiscardRange>(body) || std::holds_alternative<Capabilities>(body) ||
         std::holds_alternative<Capability>(body) || std::holds_alternative<TargetPageBits>(body) ||
         std::holds_alternative<RamBlockList>(body) || std::holds_alternative<RamBlockEntry>(body) ||
         std::holds_alternative<RamBlockPageSize>(body) || std::holds_alternative<RamBlockAddress>(body) ||
         std::holds_alternative<MachineUuid>(body) || std::holds_alternative<MappedRamHeader>(body) ||
         std::holds_alternative<DirtyBitmapName>(body) || std::holds_alternative<DirtyBitmapStart>(body) ||
         std::holds_alternative<DirtyBitmapBits>(body) || std::holds_alternative<RecvBitmapEnd>(body);
}

}  // namespace mig::plugin
