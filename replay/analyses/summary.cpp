// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/summary.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "mig/history/migration.hpp"
#include "replay/analyses/findings.hpp"
#include "replay/analyses/summary_writer.hpp"
#include "vmstate/description.hpp"

namespace mig::replay {
namespace {

/// Elements that belong to no section.
bool ends_sections(const Event& event) {
  return std::holds_alternative<Command>(event.body) || std::holds_alternative<Ping>(event.body) ||
         std::holds_alternative<EndOfStream>(event.body);
}

/// The section that is open grows by what belongs to it.
void grow_section(MigrationSummary& out, const EventContext& context, std::uint64_t size) {
  if (!is_main(context.channel) || context.direction != Direction::forward || out.sections.empty()) return;
  if (out.eof_seen) return;
  auto& bytes = out.sections.back().bytes;
  bytes += static_cast<std::uint32_t>(
      std::min<std::uint64_t>(size, std::numeric_limits<std::uint32_t>::max() - bytes));
}

void describe(MigrationSummary& out, Bytes raw) {
  auto& text = out.vm_description;
  if (text.size() + raw.size() <= vmstate::max_description) text += as_text(raw);
}

/// Puts the source first where the destination was taken for it.
void turn_round(ChannelSummary& c) {
  if (!std::exchange(c.reversed, false)) return;
  std::swap(c.info.client, c.info.server);
  for (auto* pair : {&c.bytes, &c.unparsed, &c.missing, &c.unfinished, &c.undelivered, &c.conflicting})
    std::swap((*pair)[0], (*pair)[1]);
  std::swap(c.heard[0], c.heard[1]);
  std::swap(c.error[0], c.error[1]);
  std::swap(c.error_place[0], c.error_place[1]);
  std::swap(c.gap_place[0], c.gap_place[1]);
}

/// Records of which it was not known, and now is, that they were of precopy.
void settle_unknown(MigrationSummary& m) {
  if (m.migration->phases().listen_unseen()) return;
  for (std::size_t i = 0; i < m.unknown.records.size(); ++i)
    m.precopy.records[i] += std::exchange(m.unknown.records[i], 0);
}

}  // namespace

std::uint64_t MigrationSummary::sum(std::array<std::uint64_t, 2> ChannelSummary::*member) const {
  std::uint64_t total = 0;
  for (const auto& c : channels) total += (c.*member)[0] + (c.*member)[1];
  return total;
}

bool MigrationSummary::began_late() const {
  return std::any_of(channels.begin(), channels.end(), [](const auto& c) { return !c.info.from_the_start; });
}

std::vector<Consumer*> SummaryCollector::consumers() {
  std::vector<Consumer*> out;
  for (const auto& entry : analyses_.entries()) out.push_back(entry.analysis.get());
  out.push_back(this);
  return out;
}

void SummaryCollector::opened(ConnectionId id, const ConnectionInfo& info, Moment moment) {
  ChannelSummary channel;
  channel.id = id;
  channel.info = info;
  channel.first = channel.last = moment.time;
  channel.first_packet = moment.packet;
  connections_.push_back(channel);
  multifd_id_.emplace_back();
}

void SummaryCollector::count(const EventContext& context, const Event& event, std::uint64_t size) {
  const auto way =
      static_cast<std::size_t>(context.captured_direction());  // which of them is forward may turn out later
  auto& channel = connections_[static_cast<std::size_t>(context.connection)];
  channel.kind = context.channel;
  channel.reversed = context.reversed;
  channel.last = std::max(channel.last, context.time);
  channel.bytes[way] += size;
  if (std::holds_alternative<PageRecord>(event.body) || std::holds_alternative<Payload>(event.body)) return;
  if (std::holds_alternative<Missing>(event.body)) {
    channel.missing[way] += event.range.size();
    if (!channel.gap_place[way]) channel.gap_place[way] = where_of(context, event.range.begin);
  }
  if (std::holds_alternative<Resynchronised>(event.body)) ++channel.resynchronised;
  const auto* unparsed = std::get_if<Unparsed>(&event.body);
  if (unparsed == nullptr) return;
  // The end of the stream came in the middle of a header.
  const bool truncated = unparsed->cause == ParseErrc::truncated;
  (truncated ? channel.unfinished : channel.unparsed)[way] += size;
  if (truncated) return;
  if (channel.error[way]) return;
  channel.error[way] = ParseError{unparsed->cause, event.range.begin};
  channel.error_place[way] = where_of(context, event.range.begin);
}

void SummaryCollector::count_tls(const EventContext& context, const Event& event, Bytes raw) {
  auto& tls = tls_[context.connection];
  if (std::holds_alternative<Missing>(event.body))
    tls.missing(context.direction, event.range.size());
  else
    tls.add(context.direction, raw);
}

void SummaryCollector::event(const EventContext& context, const Event& event, Bytes raw) {
  const auto size = bytes_passed(event);
  count(context, event, size);
  if (context.channel == ChannelKind::tls) count_tls(context, event, raw);
  if (context.migration == nullptr) return;
  auto& out = migrations_[*context.migration];
  out.history = &context.migration->history();
  offset_ = event.range.begin;
  out.last = std::max(out.last, context.time);
  if (out.phases.empty())
    out.phases.push_back(
        {context.migration->phases().beginning_seen() ? Phase::setup : Phase::unknown, context.time});
  out.bytes[static_cast<std::size_t>(byte_kind(event.body, context.direction))] += size;
  if (const auto* payload = std::get_if<Payload>(&event.body)) {
    if (payload->kind == PayloadKind::vm_description) describe(out, raw);
  } else {
    note_event(out, context, event, multifd_id_[static_cast<std::size_t>(context.connection)], hash_);
  }
  if (!ends_sections(event)) grow_section(out, context, size);
}

void SummaryCollector::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) {
  const bool precopy =
      context.migration != nullptr && context.migration->ram_stage(context.channel) == RamStage::precopy;
  if (!precopy) return Consumer::whole_pages(context, pages, raw);  // somebody may wait for them
  count(context, pages.front(), raw.size());
  offset_ = pages.back().range.begin;
  auto& out = migrations_[*context.migration];
  out.history = &context.migration->history();
  out.last = std::max(out.last, context.time);
  note_whole_pages(out, pages, hash_);
  grow_section(out, context, raw.size());
}

void SummaryCollector::notice(const EventContext& context, Notice notice) {
  auto& out = migrations_[*context.migration];
  out.last = std::max(out.last, context.time);
  if (notice == Notice::phase_changed && out.phases.size() < MigrationSummary::max_listed)
    out.phases.push_back({context.migration->phase(), context.time});
  if (notice == Notice::two_runners_possible)
    out.findings.push_back({"two-runners", std::string(explain(notice)), where_of(context, offset_)});
}

void SummaryCollector::stalled(const EventContext& context, const Stall& stall) {
  if (context.migration == nullptr) return;
  auto& out = migrations_[*context.migration];
  if (out.stalls.size() < MigrationSummary::max_listed)
    out.stalls.push_back({context.channel, context.direction, stall});
}

void SummaryCollector::closed(const EventContext& context, bool reset) {
  auto& channel = connections_[static_cast<std::size_t>(context.connection)];
  channel.closed = true;
  channel.reset = reset;
  channel.last = std::max(channel.last, context.time);
  // What the end of a connection decides is decided where it ends.
  const auto forward = channel.reversed ? 1U : 0U;
  offset_ = channel.bytes[forward] + channel.missing[forward];
}

void SummaryCollector::heard(const EventContext& context) {
  connections_[static_cast<std::size_t>(context.connection)]
      .heard[static_cast<std::size_t>(context.captured_direction())] = true;
}

void SummaryCollector::ended(const EventContext& context, const PeerEnd& end) {
  auto& channel = connections_[static_cast<std::size_t>(context.connection)];
  if (!channel.first_end) channel.first_end = end;
}

void SummaryCollector::unfinished(const EventContext& context, std::uint64_t bytes) {
  auto& channel = connections_[static_cast<std::size_t>(context.connection)];
  const auto way = static_cast<std::size_t>(context.captured_direction());
  channel.kind = context.channel;
  channel.reversed = context.reversed;
  channel.bytes[way] += bytes;
  channel.unfinished[way] += bytes;
}

void SummaryCollector::undelivered(const EventContext& context, const Event& event, Bytes) {
  auto& channel = connections_[static_cast<std::size_t>(context.connection)];
  channel.undelivered[static_cast<std::size_t>(context.captured_direction())] += bytes_passed(event);
}

void SummaryCollector::conflicting(const EventContext& context) {
  auto& channel = connections_[static_cast<std::size_t>(context.connection)];
  ++channel.conflicting[static_cast<std::size_t>(context.captured_direction())];
  if (!channel.conflict_place) channel.conflict_place = where_of(context, 0);
}

/// A connection that never carried a byte was opened for the migration that leads to the same place: a
/// preempt or multifd channel. Of several migrations, for the last that had begun.
void SummaryCollector::adopt_silent() {
  std::map<std::pair<Endpoint, std::string>, std::map<Time, MigrationSummary*>> by_place;
  migrations_.for_each([&](MigrationSummary& m) {
    for (const auto& c : m.channels)
      by_place[{c.info.server, c.info.interface.name}].emplace(m.channels.front().first, &m);
  });
  std::erase_if(others_, [&](const ChannelSummary& c) {
    const auto place = by_place.find({c.info.server, c.info.interface.name});
    if (!c.is_silent() || place == by_place.end()) return false;
    auto owner = place->second.upper_bound(c.first);
    if (owner != place->second.begin()) --owner;
    owner->second->channels.push_back(c);
    return true;
  });
}

void SummaryCollector::finished(Time time) {
  std::map<ConnectionId, MigrationSummary*> owners;
  migrations_.for_each([&](MigrationSummary& m) {
    for (const auto& c : m.migration->connections()) owners.emplace(c.id, &m);
  });
  for (auto& channel : connections_) {
    turn_round(channel);
    const auto owner = owners.find(channel.id);
    (owner != owners.end() ? owner->second->channels : others_).push_back(channel);
  }
  adopt_silent();
  migrations_.for_each([&](MigrationSummary& m) {
    m.capture_end = time;
    m.cut_packets = statistics_.cut_packets;
    m.snaplen = statistics_.largest_cut;
    settle_unknown(m);
    m.described_page_size = vmstate::page_size_in(m.vm_description);
    m.vm_description = {};
    // Of a channel that was recognised late the first bytes belong to no migration yet.
    m.bytes[static_cast<std::size_t>(ByteKind::unparsed)] = m.sum(&ChannelSummary::unparsed);
    add_findings(m, analyses_);
  });
  judge();
}

}  // namespace mig::replay
