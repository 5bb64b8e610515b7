// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/keeper.hpp"

#include <algorithm>

#include "mig/wire.hpp"
#include "replay/redact/description_text.hpp"

namespace mig::replay {
namespace {

// A payload that is kept whole is not longer: a bitmap of 4 TiB, a description of a thousand devices.
constexpr std::size_t max_whole = 16U << 20;

/// Headers that name something which is QEMU's, or have numbers that are distinguished from text only by
/// certainty.
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
    directions_[{id, direction}].clean = directions_[{id, direction}].from_the_start = info.from_the_start;
}

void Keeper::closed(const EventContext& context, bool) {
  for (const auto direction : {Direction::forward, Direction::return_path})
    directions_[{context.connection, direction}].ended = true;
}

void Keeper::event(const EventContext& context, const Event& event, Bytes raw) {
  auto& state = directions_[{context.connection, context.captured_direction()}];
  if (state.ended) return;
  state.kept.end_at(event.range.end);
  if (const auto* unparsed = std::get_if<Unparsed>(&event.body)) {
    lost(state);
    if (!within_records(unparsed->cause)) state.kept.cross_out(event.range);
  } else if (std::holds_alternative<Missing>(event.body) ||
             std::holds_alternative<Resynchronised>(event.body)) {
    lost(state);
  } else if (std::holds_alternative<Payload>(event.body)) {
    payload(state, event, raw);
  } else if (context.migration != nullptr) {
    header(state, context, event, raw);
  }
}

void Keeper::lost(DirectionState& state) {
  state.clean = false;
  state.pending.clear();
  state.announced.clear();
  state.whole_size = 0;
}

void Keeper::header(DirectionState& state, const EventContext& context, const Event& event, Bytes raw) {
  state.whole_size = 0;
  const auto listed = listed_header(event, raw, context.migration->tables(), Trust::cautious);
  if (!listed) return;
  state.kept.keep(event.range.begin, listed->view());
  if (!listed->text.empty()) {
    const auto text = texts_.emplace(listed->text).first;
    mentions_.push_back(
        {{context.connection, context.captured_direction()}, event.range.begin + listed->text_at, text});
  }
  if (state.clean) consider(state, context, event, raw);
}

void Keeper::consider(DirectionState& state, const EventContext& context, const Event& event, Bytes raw) {
  const bool main = is_main(context.channel) && context.direction == Direction::forward;
  if (main && announces(event.body)) {
    const auto listed = listed_header(event, raw, context.migration->tables(), Trust::certain);
    if (!listed || !listed->plausible) return lost(state);
    state.pending.emplace_back(event.range.begin,
                               std::vector<std::byte>(listed->view().begin(), listed->view().end()));
    if (is_plain_text(listed->text) || std::holds_alternative<MachineUuid>(event.body))
      state.announced.emplace_back(listed->text);
  }
  if (const auto* description = std::get_if<VmDescription>(&event.body)) {
    state.whole_size = description->length;
  } else if (const auto* bitmap = std::get_if<RecvBitmap>(&event.body)) {
    state.whole_size = bitmap->size;
  } else if (const auto* mapped = std::get_if<MappedRamHeader>(&event.body)) {
    state.whole_size = mapped->pages_offset - mapped->bitmap_offset;
  } else if (const auto* footer = std::get_if<SectionFooter>(&event.body)) {
    if (footer->section == footer->expected) certain(state);
  } else if (std::holds_alternative<RecvBitmapEnd>(event.body)) {
    certain(state);
  }
  state.whole.clear();
  state.whole_at = event.range.end;
}

void Keeper::payload(DirectionState& state, const Event& event, Bytes raw) {
  const auto& payload = std::get<Payload>(event.body);
  switch (payload.kind) {
    case PayloadKind::vm_description:
      if (state.whole_size == 0 && payload.offset == 0) keep_brace(state, event, raw);
      [[fallthrough]];
    case PayloadKind::received_bitmap:
    case PayloadKind::mapped_ram_bitmap: collect(state, event, raw); break;
    default: break;
  }
}

/// By it the description is known as one.
void Keeper::keep_brace(DirectionState& state, const Event& event, Bytes raw) {
  if (!raw.empty() && load_u8(raw) == '{') state.kept.keep(event.range.begin, raw.first(1));
}

/// Zeros for now, and the payload itself when all of it has come.
void Keeper::collect(DirectionState& state, const Event& event, Bytes raw) {
  if (state.whole_size == 0 || state.whole_size > max_whole) return;
  state.whole.insert(state.whole.end(), raw.begin(), raw.end());
  const std::vector<std::byte> zeros(raw.size());
  state.kept.keep(event.range.begin, zeros);
  if (state.whole.size() != state.whole_size) return;
  const bool description = std::get<Payload>(event.body).kind == PayloadKind::vm_description;
  if (description) {
    state.kept.replace(state.whole_at, as_bytes(description_text(as_text(state.whole))));
  } else {
    state.pending.emplace_back(state.whole_at, std::move(state.whole));
  }
  state.whole_size = 0;
}

void Keeper::certain(DirectionState& state) {
  for (const auto& [offset, bytes] : state.pending) state.kept.replace(offset, bytes);
  for (auto& text : state.announced) announced_.insert(std::move(text));
  state.pending.clear();
  state.announced.clear();
}

void Keeper::finished(Time) {
  for (const auto& mention : mentions_) {
    if (announced_.contains(*mention.text))
      directions_[mention.key].kept.replace(mention.offset, as_bytes(*mention.text));
  }
  mentions_.clear();
}

bool Keeper::is_understood(ConnectionId id) const {
  const auto is = [&](Direction direction) {
    const auto state = directions_.find({id, direction});
    return state != directions_.end() && (state->second.from_the_start || !state->second.kept.empty());
  };
  return is(Direction::forward) || is(Direction::return_path);
}

std::size_t Keeper::fill(ConnectionId id, Direction direction, std::uint64_t offset,
                         std::span<std::byte> bytes) const {
  const auto found = directions_.find({id, direction});
  if (found != directions_.end()) return found->second.kept.fill(offset, bytes);
  std::ranges::fill(bytes, std::byte{});
  return 0;
}

}  // namespace mig::replay
