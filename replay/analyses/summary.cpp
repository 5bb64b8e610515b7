// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/summary.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "mig/fields.hpp"
#include "mig/wire.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

void append_hex(std::string& out, std::uint64_t value) {
  std::array<char, 16> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr);
}

}  // namespace

/// Notes one event into its migration's summary; one overload per body that leaves a trace.
struct SummaryCollector::Writer {
  MigrationSummary& out;
  const Seen& seen;
  const StreamTables& tables;
  std::string& multifd_id;

  std::string block(BlockId id) const { return std::string(tables.block_name(id)); }
  void command(CommandType type, std::uint32_t length, bool in_package,
               std::optional<std::uint32_t> value = {}) const {
    out.commands.push_back({type, length, value, in_package});
  }
  void message(const char* name) const { ++out.rp_messages[name]; }

  template <class T>
  void operator()(const T&) const {}
  void operator()(const SectionHeader& b) const {
    const bool named = b.type == SectionType::start || b.type == SectionType::full;
    out.sections.push_back({b.type, static_cast<std::uint32_t>(b.section),
                            named ? std::string(tables.name(b.idstr)) : std::string(), b.in_package, 0});
  }
  void operator()(const SectionFooter& b) const {
    if (b.section == b.expected) return;
    out.oddities.push_back("the footer of section " + std::to_string(static_cast<std::uint32_t>(b.expected)) +
                           " names section " + std::to_string(static_cast<std::uint32_t>(b.section)) +
                           ": QEMU refuses to load that");
  }
  void operator()(const EndOfStream&) const { out.eof_seen = true; }
  void operator()(const VmDescription& b) const { out.vm_description_bytes = b.length; }
  void operator()(const Command& b) const { command(b.type, 0, b.in_package); }
  void operator()(const Ping& b) const {
    command(CommandType::ping, 4, b.in_package, b.value);
    out.pings.push_back(b.value);
  }
  void operator()(const PostcopyAdvise& b) const { command(CommandType::postcopy_advise, b.length, false); }
  void operator()(const RamDiscard& b) const {
    command(CommandType::postcopy_ram_discard, b.length, false);
    ++out.discard_commands_by_block[block(b.block)];
  }
  void operator()(const PackageBegin& b) const {
    command(CommandType::packaged, 4, false);
    out.package_lengths.push_back(b.length);
  }
  void operator()(const RecvBitmapRequest& b) const {
    command(CommandType::recv_bitmap, static_cast<std::uint32_t>(block(b.block).size() + 1), false);
  }
  void operator()(const RamBlockEntry& b) const {
    out.ram_blocks.emplace_back(block(b.block), b.used_length);
  }
  void operator()(const PageRecord& b) const {
    const char* kind = b.encoding == PageEncoding::zero     ? "ZERO"
                       : b.encoding == PageEncoding::xbzrle ? "XBZRLE"
                                                            : "PAGE";
    record(kind, b.block, b.page_offset, b.flags);
  }
  void operator()(const RamEos&) const {
    if (postcopy()) record("EOS", no_block, 0, wire::ram_eos);
  }
  void operator()(const Pong& b) const { message("PONG"), out.pongs.push_back(b.value); }
  void operator()(const Shut& b) const {
    message("SHUT");
    if (b.value != 0) out.oddities.push_back("SHUT " + hex(b.value) + ": the destination reported an error");
  }
  void operator()(const ResumeAck&) const { message("RESUME_ACK"); }
  void operator()(const SwitchoverAck&) const { message("SWITCHOVER_ACK"); }
  void operator()(const PageRequest& b) const {
    message(b.names_block ? "REQ_PAGES_ID" : "REQ_PAGES");
    ++out.req_pages_by_block[block(b.block)];
  }
  void operator()(const RecvBitmap& b) const {
    message("RECV_BITMAP");
    out.recv_bitmap[block(b.block)] = b.size;
  }
  void operator()(const MultifdInit& b) const { multifd_id = std::to_string(b.channel); }
  void operator()(const MultifdPacket& b) const {
    ++out.multifd_packets;
    ++out.multifd_by_channel[multifd_id];
    ++out.multifd_by_flags[hex(b.flags)];
    out.multifd_normal_pages += b.normal_pages;
    out.multifd_zero_pages += b.zero_pages;
  }

  /// The destination loads pages with its postcopy code from the moment it has read LISTEN.
  bool postcopy() const { return tables.listening; }
  void record(const char* kind, BlockId id, std::uint64_t offset, std::uint64_t flags) const {
    auto& ram = postcopy() ? out.postcopy[seen.channel == ChannelKind::preempt ? 1 : 0] : out.precopy;
    ++ram.records[kind];
    auto line = postcopy() ? std::string() : block(id) + " ";
    append_hex(line, offset);
    line += ' ';
    append_hex(line, flags);
    line += '\n';
    ram.hash.add(line);
  }
};

MigrationSummary& SummaryCollector::summary(Migration& migration) {
  const auto i = static_cast<std::size_t>(migration.id());
  while (migrations_.size() <= i) migrations_.push_back(std::make_unique<MigrationSummary>());
  migrations_[i]->migration = &migration;
  return *migrations_[i];
}

void SummaryCollector::opened(ConnectionId id, const ConnectionInfo& info, Moment moment) {
  ChannelSummary channel;
  channel.id = id;
  channel.info = info;
  channel.first = channel.last = moment.time;
  connections_.push_back(channel);
  multifd_id_.emplace_back();
}

void SummaryCollector::event(const Seen& seen, const Event& event, Bytes raw) {
  const auto i = static_cast<std::size_t>(seen.connection);
  const auto way = static_cast<std::size_t>(seen.direction);
  auto& channel = connections_[i];
  channel.kind = seen.channel;
  channel.last = seen.time;
  channel.bytes[way] += raw.size();
  if (std::holds_alternative<Missing>(event.body)) channel.missing[way] += event.range.size();
  if (const auto* unparsed = std::get_if<Unparsed>(&event.body)) {
    channel.unparsed[way] += raw.size();
    if (!channel.error[way]) channel.error[way] = ParseError{unparsed->cause, event.range.begin};
  }
  if (seen.migration == nullptr) return;
  auto& out = summary(*seen.migration);
  out.last = seen.time;
  if (out.phases.empty()) out.phases.push_back({Phase::setup, seen.time});
  std::visit(Writer{out, seen, seen.migration->tables(), multifd_id_[i]}, event.body);
  const bool forward = seen.direction == Direction::forward && seen.channel != ChannelKind::multifd;
  if (forward && !out.sections.empty() && seen.channel != ChannelKind::preempt)
    out.sections.back().bytes += raw.size();
}

void SummaryCollector::notice(const Seen& seen, Notice notice) {
  auto& out = summary(*seen.migration);
  out.last = seen.time;
  if (notice == Notice::phase_changed) out.phases.push_back({seen.migration->phase(), seen.time});
  if (notice == Notice::two_runners_possible) out.oddities.emplace_back(explain(notice));
}

void SummaryCollector::closed(const Seen& seen, bool reset) {
  auto& channel = connections_[static_cast<std::size_t>(seen.connection)];
  channel.closed = true;
  channel.reset = reset;
  channel.last = seen.time;
}

void SummaryCollector::finished(Time) {
  for (auto& channel : connections_) {
    const auto owner = std::find_if(migrations_.begin(), migrations_.end(), [&](const auto& m) {
      const auto& all = m->migration->connections();
      return std::any_of(all.begin(), all.end(), [&](const auto& c) { return c.id == channel.id; });
    });
    (owner != migrations_.end() ? (*owner)->channels : others_).push_back(channel);
  }
  for (auto& m : migrations_) {
    for (const auto& ping : m->migration->pings()) {
      if (!ping.answered)
        m->oddities.push_back("PING " + hex(ping.value) + " without PONG: it waits for " +
                              std::string(waits_for(ping)));
    }
    for (const auto& channel : m->channels) {
      for (const auto d : {Direction::forward, Direction::return_path}) {
        const auto& error = channel.error[static_cast<int>(d)];
        if (!error) continue;
        m->oddities.push_back(std::string(to_string(channel.kind)) + " " + std::string(to_string(d)) +
                              " unreadable from offset " + hex(error->offset) + ": " +
                              std::string(explain(error->code)));
      }
    }
  }
}

}  // namespace mig::replay
