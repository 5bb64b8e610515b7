// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/keeper.hpp"

#include <algorithm>

#include "mig/wire.hpp"
#include "replay/redact/description_text.hpp"

namespace mig::replay {
namespace {

// A payload that is kept whole is not longer: a bitmap of 4 TiB, a description of a thousand devices.
constexpr std::size_t max_whole = 16U << 20;

/// Headers that name something which is QEMU's, or have numbers that only certainty can tell from text.
bool announces(const EventBody& body) noexcept {
  if (const auto* section = std::get_if<SectionHeader>(&body))
    return section->type == SectionType::start || section->type == SectionType::full;
  return std::holds_alternative<Configuration>(body) || std::holds_alternative<Capability>(body) ||
         std::holds_alternative<MachineUuid>(body) || std::holds_alternative<RamBlockEntry>(body) ||
         std::holds_alternative<DirtyBitmapChunk>(body) || std::holds_alternative<DirtyBitmapName>(body) ||
         std::holds_alternative<BlockChunk>(body) || std::holds_alternative<DirtyBitmapBits>(body) ||
         std::holds_alternative<MappedRamHeader>(body);
}

/// What was meant for the RAM records' parser reads as no record if it is zero; `x` could.
bool within_records(ParseErrc cause) noexcept {
  return cause == ParseErrc::bad_ram_flags || cause == ParseErrc::unknown_block ||
         cause == ParseErrc::page_outside_block || cause == ParseErrc::bad_record_length;
}

}  // namespace

/// What is in a section depends on these names, and they are the same for all guests.
Keeper::Keeper()
    : announced_{"ram",        "dirty-bitmap", "block", "spapr/htab", "s390-storage_attributes",
                 "s390-skeys", "vfio"} {}

void Keeper::opened(ConnectionId id, const ConnectionInfo& info, Moment moment) {
  if (!first_seen_) first_seen_ = moment.time;
  for (const auto direction : {Direction::forward, Direction::return_path})
    ways_[{id, direction}].clean = ways_[{id, direction}].from_the_start = info.from_the_start;
}

void Keeper::closed(const Seen& seen, bool) {
  for (const auto direction : {Direction::forward, Direction::return_path})
    ways_[{seen.connection, direction}].ended = true;
}

void Keeper::event(const Seen& seen, const Event& event, Bytes raw) {
  auto& way = ways_[{seen.connection, seen.way()}];
  if (way.ended) return;
  way.kept.end_at(event.range.end);
  if (const auto* unparsed = std::get_if<Unparsed>(&event.body)) {
    lost(way);
    if (!within_records(unparsed->cause)) way.kept.cross_out(event.range);
  } else if (std::holds_alternative<Missing>(event.body) ||
             std::holds_alternative<Resynchronised>(event.body)) {
    lost(way);
  } else if (std::holds_alternative<Payload>(event.body)) {
    payload(way, event, raw);
  } else if (seen.migration != nullptr) {
    header(way, seen, event, raw);
  }
}

void Keeper::lost(Way& way) {
  way.clean = false;
  way.pending.clear();
  way.announced.clear();
  way.whole_size = 0;
}

void Keeper::header(Way& way, const Seen& seen, const Event& event, Bytes raw) {
  way.whole_size = 0;
  const auto listed = listed_header(event, raw, seen.migration->tables(), Trust::cautious);
  if (!listed) return;
  way.kept.keep(event.range.begin, listed->view());
  if (!listed->text.empty()) {
    const auto text = texts_.emplace(listed->text).first;
    mentions_.push_back({{seen.connection, seen.way()}, event.range.begin + listed->text_at, text});
  }
  if (way.clean) consider(way, seen, event, raw);
}

void Keeper::consider(Way& way, const Seen& seen, const Event& event, Bytes raw) {
  const bool main = is_main(seen.channel) && seen.direction == Direction::forward;
  if (main && announces(event.body)) {
    const auto listed = listed_header(event, raw, seen.migration->tables(), Trust::certain);
    if (!listed || !listed->plausible) return lost(way);
    way.pending.emplace_back(event.range.begin,
                             std::vector<std::byte>(listed->view().begin(), listed->view().end()));
    if (is_plain_text(listed->text) || std::holds_alternative<MachineUuid>(event.body))
      way.announced.emplace_back(listed->text);
  }
  if (const auto* description = std::get_if<VmDescription>(&event.body)) {
    way.whole_size = description->length;
  } else if (const auto* bitmap = std::get_if<RecvBitmap>(&event.body)) {
    way.whole_size = bitmap->size;
  } else if (const auto* mapped = std::get_if<MappedRamHeader>(&event.body)) {
    way.whole_size = mapped->pages_offset - mapped->bitmap_offset;
  } else if (const auto* footer = std::get_if<SectionFooter>(&event.body)) {
    if (footer->section == footer->expected) certain(way);
  } else if (std::holds_alternative<RecvBitmapEnd>(event.body)) {
    certain(way);
  }
  way.whole.clear();
  way.whole_at = event.range.end;
}

void Keeper::payload(Way& way, const Event& event, Bytes raw) {
  const auto& payload = std::get<Payload>(event.body);
  switch (payload.kind) {
    case PayloadKind::vm_description:
      if (way.whole_size == 0 && payload.offset == 0) keep_brace(way, event, raw);
      [[fallthrough]];
    case PayloadKind::received_bitmap:
    case PayloadKind::mapped_ram_bitmap: collect(way, event, raw); break;
    default: break;
  }
}

/// By it the description is known as one.
void Keeper::keep_brace(Way& way, const Event& event, Bytes raw) {
  if (!raw.empty() && load_u8(raw) == '{') way.kept.keep(event.range.begin, raw.first(1));
}

/// Zeros for now, and the payload itself when all of it has come.
void Keeper::collect(Way& way, const Event& event, Bytes raw) {
  if (way.whole_size == 0 || way.whole_size > max_whole) return;
  way.whole.insert(way.whole.end(), raw.begin(), raw.end());
  const std::vector<std::byte> zeros(raw.size());
  way.kept.keep(event.range.begin, zeros);
  if (way.whole.size() != way.whole_size) return;
  const bool description = std::get<Payload>(event.body).kind == PayloadKind::vm_description;
  if (description) {
    way.kept.replace(way.whole_at, as_bytes(description_text(as_text(way.whole))));
  } else {
    way.pending.emplace_back(way.whole_at, std::move(way.whole));
  }
  way.whole_size = 0;
}

void Keeper::certain(Way& way) {
  for (const auto& [offset, bytes] : way.pending) way.kept.replace(offset, bytes);
  for (auto& text : way.announced) announced_.insert(std::move(text));
  way.pending.clear();
  way.announced.clear();
}

void Keeper::finished(Time) {
  for (const auto& mention : mentions_) {
    if (announced_.contains(*mention.text))
      ways_[mention.way].kept.replace(mention.offset, as_bytes(*mention.text));
  }
  mentions_.clear();
}

bool Keeper::is_understood(ConnectionId id) const {
  const auto is = [&](Direction direction) {
    const auto way = ways_.find({id, direction});
    return way != ways_.end() && (way->second.from_the_start || !way->second.kept.empty());
  };
  return is(Direction::forward) || is(Direction::return_path);
}

std::size_t Keeper::fill(ConnectionId id, Direction direction, std::uint64_t offset,
                         std::span<std::byte> bytes) const {
  const auto found = ways_.find({id, direction});
  if (found != ways_.end()) return found->second.kept.fill(offset, bytes);
  std::ranges::fill(bytes, std::byte{});
  return 0;
}

}  // namespace mig::replay
