// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/summary_writer.hpp"

#include <algorithm>
#include <charconv>

#include "mig/history/qemu_names.hpp"
#include "mig/wire.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t max_flags = 1000;  // distinct values of multifd flags that are told apart

void append_hex(std::string& out, std::uint64_t value) {
  std::array<char, 16> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr);
}

RamSequence::Kind record_kind(PageEncoding encoding) {
  if (encoding == PageEncoding::zero) return RamSequence::zero;
  if (encoding == PageEncoding::compressed) return RamSequence::compressed;
  return encoding == PageEncoding::xbzrle ? RamSequence::xbzrle : RamSequence::page;
}

/// `block` is empty for postcopy, whose records the traces tell without it.
void hash_line(Sha256& hash, std::string_view block, std::uint64_t offset, std::uint64_t flags) {
  std::string line(block);
  if (!block.empty()) line += ' ';
  append_hex(line, offset);
  line += ' ';
  append_hex(line, flags);
  line += '\n';
  hash.add(line);
}

/// One overload per body that leaves a trace.
struct Writer {
  MigrationSummary& out;
  const EventContext& context;
  const Event& event;
  const StreamTables& tables;
  std::string& multifd_id;
  bool hash;

  template <class T>
  void list(std::vector<T>& to, const T& entry) const {
    if (to.size() < MigrationSummary::max_listed) {
      to.push_back(entry);
    } else {
      ++out.left_out;
    }
  }
  void command(CommandType type, std::size_t length, bool in_package = false,
               std::optional<std::uint32_t> value = {}) const {
    list(out.commands, {value, static_cast<std::uint16_t>(length), type, in_package});
  }
  void message(MessageType type) const { ++out.rp_messages[std::string(qemu_name(type))]; }
  void finding(const char* kind, std::string text) const {
    if (out.findings.size() < MigrationSummary::max_listed)
      out.findings.push_back({kind, std::move(text), where_of(context, event.range.begin)});
  }

  template <class T>
  void operator()(const T&) const {}
  void operator()(const SectionHeader& b) const {
    const bool named = b.type == SectionType::start || b.type == SectionType::full;
    list(out.sections,
         {named ? b.idstr : no_name, static_cast<std::uint32_t>(b.section), 0, b.type, b.in_package});
  }
  void operator()(const SectionFooter& b) const {
    if (b.section == b.expected) return;
    finding("footer-mismatch", "the footer of section " +
                                   std::to_string(static_cast<std::uint32_t>(b.expected)) +
                                   " names section " + std::to_string(static_cast<std::uint32_t>(b.section)) +
                                   ": QEMU refuses to load that");
  }
  void operator()(const Capability& b) const { list(out.capabilities, b.name); }
  void operator()(const EndOfStream&) const { out.eof_seen = true; }
  void operator()(const VmDescription& b) const { out.vm_description_bytes = b.length; }
  void operator()(const Command& b) const { command(b.type, 0, b.in_package); }
  void operator()(const Ping& b) const {
    command(CommandType::ping, 4, b.in_package, b.value);
    list(out.pings, b.value);
  }
  void operator()(const PostcopyAdvise& b) const { command(CommandType::postcopy_advise, b.length); }
  void operator()(const RamDiscard& b) const {
    command(CommandType::postcopy_ram_discard, b.length);
    ++out.discard_commands[b.block];
  }
  void operator()(const PackageBegin& b) const {
    command(CommandType::packaged, 4);
    list(out.packages, {b.length, where_of(context, event.range.begin), std::nullopt});
  }
  void operator()(const PackageEnd&) const {
    if (!out.packages.empty()) out.packages.back().end = context.time;
  }
  void operator()(const RecvBitmapRequest& b) const {
    command(CommandType::recv_bitmap, tables.block_name(b.block).size() + 1);
  }
  void operator()(const RamBlockEntry& b) const { list(out.ram_blocks, {b.block, b.used_length}); }
  void operator()(const PageRecord& b) const {
    record(record_kind(b.encoding), b.block, b.page_offset, b.flags);
  }
  void operator()(const RamEos&) const {
    if (stage() == RamStage::postcopy) record(RamSequence::eos, no_block, 0, wire::ram_eos);
  }
  void operator()(const Pong& b) const {
    message(MessageType::pong);
    list(out.pongs, b.value);
  }
  void operator()(const Shut& b) const {
    message(MessageType::shut);
    if (b.value != 0)
      finding("destination-error", "SHUT " + hex_text(b.value) + ": the destination reported an error");
  }
  void operator()(const ResumeAck&) const { message(MessageType::resume_ack); }
  void operator()(const SwitchoverAck&) const { message(MessageType::switchover_ack); }
  void operator()(const UnknownMessage& b) const {
    finding("unknown-message", "return path message of type " + hex_text(b.type) +
                                   ": QEMU up to 11.1 does not know it and closes the return path");
  }
  void operator()(const PageRequest& b) const {
    message(b.names_block ? MessageType::req_pages_id : MessageType::req_pages);
    ++out.req_pages[b.block];
  }
  void operator()(const RecvBitmap& b) const {
    message(MessageType::recv_bitmap);
    ++out.recv_bitmap[{b.block, b.size}];
  }
  void operator()(const MultifdInit& b) const { multifd_id = std::to_string(b.channel); }
  void operator()(const MultifdPacket& b) const {
    auto& m = out.multifd;
    ++m.packets;
    m.flags |= b.flags;
    ++m.by_channel[multifd_id];
    auto flags = hex_text(b.flags);
    if (m.by_flags.size() >= max_flags && !m.by_flags.contains(flags)) flags = "other";
    ++m.by_flags[flags];
    m.normal_pages += b.normal_pages;
    m.zero_pages += b.zero_pages;
  }

  void operator()(const Missing& b) const {
    if (!b.of) records_lost();
  }
  void operator()(const Unparsed&) const { records_lost(); }
  /// Without framing nobody knows what was there; of a known stage, no more than its own records.
  void records_lost() const {
    if (context.direction == Direction::return_path || context.channel == ChannelKind::multifd) return;
    const auto now = stage();
    if (now != RamStage::postcopy) out.precopy.lost = true;
    if (now != RamStage::precopy) sequence(RamStage::postcopy).lost = true;
  }

  RamStage stage() const { return context.migration->ram_stage(context.channel); }
  RamSequence& sequence(RamStage stage) const {
    switch (stage) {
      case RamStage::precopy: return out.precopy;
      case RamStage::postcopy: return out.postcopy[context.channel == ChannelKind::preempt ? 1 : 0];
      default: return out.unknown;
    }
  }
  void record(RamSequence::Kind kind, BlockId id, std::uint64_t offset, std::uint64_t flags) const {
    const auto now = stage();
    auto& ram = sequence(now);
    ++ram.records[kind];
    ram.hashed = hash;
    if (hash) hash_line(ram.hash, now == RamStage::postcopy ? "" : tables.block_name(id), offset, flags);
  }
};

}  // namespace

void note_event(MigrationSummary& out, const EventContext& context, const Event& event,
                std::string& multifd_id, bool hash) {
  std::visit(Writer{out, context, event, context.migration->tables(), multifd_id, hash}, event.body);
}

void note_whole_pages(MigrationSummary& out, std::span<const Event> pages, bool hash) {
  const auto& tables = out.migration->tables();
  out.precopy.hashed = hash;
  for (const auto& event : pages) {
    const auto& page = std::get<PageRecord>(event.body);
    const auto kind = page.encoding == PageEncoding::zero ? ByteKind::zero_pages : ByteKind::pages;
    out.bytes[static_cast<std::size_t>(kind)] += event.range.size() + page.payload_size;
    ++out.precopy.records[record_kind(page.encoding)];
    if (hash) hash_line(out.precopy.hash, tables.block_name(page.block), page.page_offset, page.flags);
  }
}

}  // namespace mig::replay
