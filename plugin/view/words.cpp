// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/words.hpp"

#include <algorithm>
#include <cstdio>

#include "mig/describe.hpp"
#include "mig/fields.hpp"
#include "mig/wire.hpp"

namespace mig::plugin {
namespace {

Line line_of(std::string_view text) noexcept {
  Line line;
  std::copy_n(text.begin(), std::min(text.size(), line.text.size() - 1), line.text.begin());
  return line;
}

/// printf into a Line, cut to its size.
template <class... Args>
Line format(const char* pattern, Args... args) noexcept {
  Line line;
  if (std::snprintf(line.text.data(), line.text.size(), pattern, args...) < 0) line.text[0] = 0;
  return line;
}

unsigned long long wide(std::uint64_t value) { return value; }

/// "128 MiB", "13499 bytes": in the largest unit that it is a whole number of.
Line size_words(std::uint64_t bytes) noexcept {
  constexpr std::array<const char*, 4> units = {"bytes", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  for (; unit + 1 < units.size() && bytes != 0 && bytes % 1024 == 0; ++unit) bytes /= 1024;
  return format("%llu %s", wide(bytes), bytes == 1 && unit == 0 ? "byte" : units[unit]);
}

const char* command_title(CommandType type) noexcept {
  constexpr std::array<const char*, 12> names = {
      "command 0",    "OPEN_RETURN_PATH",     "PING",     "POSTCOPY_ADVISE", "POSTCOPY_LISTEN",
      "POSTCOPY_RUN", "POSTCOPY_RAM_DISCARD", "PACKAGED", "ENABLE_COLO",     "POSTCOPY_RESUME",
      "RECV_BITMAP",  "SWITCHOVER_START"};
  const auto i = static_cast<std::size_t>(type);
  return i < names.size() ? names[i] : "unknown command";
}

/// One overload per unit that people should read at a glance; the others are described by their fields.
struct Titler {
  const StreamTables& tables;
  const Event& event;

  Line block(BlockId id) const { return block_words(tables, id); }
  Line name(NameId id) const { return printable(tables.name(id)); }

  template <class T>
  Line operator()(const T&) const {
    return line_of(describe_unit(event, tables));
  }
  Line operator()(const FileHeader& b) const {
    return format("QEMU migration stream, version %u", b.version);
  }
  Line operator()(const Configuration& b) const { return format("Machine %s", name(b.machine).c_str()); }
  Line operator()(const SectionHeader& b) const {
    const auto idstr = name(b.idstr);
    if (b.type == SectionType::full && b.instance_id != 0)
      return format("Device %s, instance %u", idstr.c_str(), b.instance_id);
    if (b.type == SectionType::full) return format("Device %s", idstr.c_str());
    const char* what = b.type == SectionType::start ? "start" : b.type == SectionType::part ? "part" : "end";
    return format("Section %s %s", idstr.c_str(), what);
  }
  Line operator()(const SectionFooter& b) const {
    return format("Footer of section %u", static_cast<std::uint32_t>(b.section));
  }
  Line operator()(const EndOfStream&) const { return line_of("End of stream"); }
  Line operator()(const VmDescription& b) const { return format("VM description, %u bytes", b.length); }
  Line operator()(const Command& b) const { return line_of(command_title(b.type)); }
  Line operator()(const Ping& b) const {
    return format("PING 0x%x%s", b.value, b.value == wire::ping_package_loaded ? " (package loaded?)" : "");
  }
  Line operator()(const PostcopyAdvise&) const { return line_of("POSTCOPY_ADVISE"); }
  Line operator()(const RamDiscard& b) const {
    return format("POSTCOPY_RAM_DISCARD %s", block(b.block).c_str());
  }
  Line operator()(const PackageBegin& b) const { return format("PACKAGED %u bytes", b.length); }
  Line operator()(const PackageEnd& b) const { return format("End of the package of %u bytes", b.length); }
  Line operator()(const RecvBitmapRequest& b) const {
    return format("RECV_BITMAP %s?", block(b.block).c_str());
  }
  Line operator()(const Capabilities& b) const { return format("Capabilities: %u", b.count); }
  Line operator()(const Capability& b) const { return format("Capability %s", name(b.name).c_str()); }
  Line operator()(const TargetPageBits& b) const { return format("Target page of 2^%u bytes", b.bits); }
  Line operator()(const MachineUuid&) const { return line_of("Machine UUID"); }
  Line operator()(const DiscardRange& b) const {
    const auto size = size_words(b.length);
    return format("Discard 0x%llx-0x%llx, %s", wide(b.start), wide(b.start + b.length - 1), size.c_str());
  }
  Line operator()(const RamBlockList& b) const {
    return format("RAM blocks of %s", size_words(b.total).c_str());
  }
  Line operator()(const RamBlockEntry& b) const {
    return format("RAM block %s, %s", block(b.block).c_str(), size_words(b.used_length).c_str());
  }
  Line operator()(const RamBlockPageSize& b) const {
    return format("Pages of %s, in RAM block %s", size_words(b.page_size).c_str(), block(b.block).c_str());
  }
  Line operator()(const RecvBitmapEnd&) const { return line_of("End of the bitmap"); }
  Line operator()(const RamEos&) const { return line_of("End of RAM records"); }
  Line operator()(const MultifdFlush&) const { return line_of("Multifd flush"); }
  Line operator()(const Shut& b) const {
    if (b.value == 0) return line_of("SHUT: the destination is done");
    return format("SHUT 0x%x: the destination reported an error", b.value);
  }
  Line operator()(const Pong& b) const { return format("PONG 0x%x", b.value); }
  Line operator()(const PageRequest& b) const {
    return format("REQ_PAGES %s 0x%llx", block(b.block).c_str(), wide(b.start));
  }
  Line operator()(const RecvBitmap& b) const {
    return format("RECV_BITMAP %s, %llu bytes", block(b.block).c_str(), wide(b.size));
  }
  Line operator()(const ResumeAck& b) const { return format("RESUME_ACK %u", b.value); }
  Line operator()(const SwitchoverAck&) const { return line_of("SWITCHOVER_ACK"); }
  Line operator()(const MultifdInit& b) const { return format("Multifd channel %u", b.channel); }
  Line operator()(const MultifdPacket& b) const {
    if (b.normal_pages + b.zero_pages == 0) return format("Multifd sync packet %llu", wide(b.packet_num));
    const auto line = format("Multifd packet %llu %s, %u pages", wide(b.packet_num), block(b.block).c_str(),
                             b.normal_pages + b.zero_pages);
    return b.zero_pages == 0 ? line : format("%s, %u zero", line.c_str(), b.zero_pages);
  }
  Line operator()(const MultifdDeviceState& b) const {
    return format("Multifd state of %s, %u bytes", name(b.idstr).c_str(), b.payload_size);
  }
  Line operator()(const Unparsed& b) const {
    if (b.cause == ParseErrc::lost_bytes) return line_of("[place in the stream lost]");
    if (b.cause == ParseErrc::start_unseen) return line_of("[start not captured, no place found yet]");
    const auto text = explain(b.cause);
    return format("[%.*s]", static_cast<int>(text.size()), text.data());
  }
  Line operator()(const Resynchronised& b) const {
    return format("[place found by %s, a guess from here]", printable(to_string(b.anchor)).c_str());
  }
  Line operator()(const PagesCounted&) const { return format("[pages, counted]"); }
  Line operator()(const Missing&) const { return format("[gap of %llu bytes]", wide(event.range.size())); }
};

}  // namespace

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
  return name.empty() ? line_of("unknown block") : printable(name);
}

Line title_of(const Event& event, const StreamTables& tables) noexcept {
  return std::visit(Titler{tables, event}, event.body);
}

bool PageGroup::add(const Tile& tile) noexcept {
  const auto& run = *tile.run;
  if (!empty() && run.block != block) return false;
  const auto low = run.page(tile.first), high = run.page(tile.first + tile.count - 1);
  first = empty() ? low : std::min(first, low);
  last = std::max(last, high);
  if (empty()) range.begin = tile.range.begin;
  range.end = tile.range.end;
  block = run.block;
  const auto memory = std::uint64_t{tile.count} << run.page_bits;
  if (run.encoding == PageEncoding::zero) {
    zero_pages += tile.count;
    zero_bytes += memory;
  } else {
    pages += tile.count;
    bytes += run.multifd ? memory : std::uint64_t{tile.count} * run.payload_size;
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

Line payload_title(const Tile& tile, const StreamTables& tables) noexcept {
  if (tile.run != nullptr) {
    return format("page %s 0x%llx", block_words(tables, tile.run->block).c_str(),
                  wide(tile.run->page(tile.first)));
  }
  if (tile.unit == nullptr) return line_of("bytes of an unknown unit");
  if (const auto* section = std::get_if<SectionHeader>(&tile.unit->event.body))
    return format("state of %s", printable(tables.name(section->idstr)).c_str());
  return title_of(tile.unit->event, tables);
}

Line page_words(const Tile& tile, const StreamTables& tables) noexcept {
  return format("page of %s", block_words(tables, tile.run->block).c_str());
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
  return std::holds_alternative<SectionFooter>(body) || std::holds_alternative<RamEos>(body) ||
         std::holds_alternative<DiscardRange>(body) || std::holds_alternative<Capabilities>(body) ||
         std::holds_alternative<Capability>(body) || std::holds_alternative<TargetPageBits>(body) ||
         std::holds_alternative<RamBlockList>(body) || std::holds_alternative<RamBlockEntry>(body) ||
         std::holds_alternative<RamBlockPageSize>(body) || std::holds_alternative<RamBlockAddress>(body) ||
         std::holds_alternative<RecvBitmapEnd>(body);
}

}  // namespace mig::plugin
