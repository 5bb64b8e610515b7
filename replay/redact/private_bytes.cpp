// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/private_bytes.hpp"

#include <algorithm>

#include "mig/describe.hpp"

namespace mig::replay {
namespace {

bool is_private(PayloadKind kind) noexcept {
  switch (kind) {
    case PayloadKind::vm_description:
    case PayloadKind::received_bitmap:
    case PayloadKind::mapped_ram_bitmap: return false;
    default: return true;
  }
}

}  // namespace

void PrivateBytes::event(const Seen& seen, const Event& event, Bytes) {
  auto& way = ways_[{seen.connection, seen.way()}];
  way.ours = way.ours || seen.migration != nullptr;
  note(way, seen, event);
  if (const auto* payload = std::get_if<Payload>(&event.body)) {
    if (is_private(payload->kind)) hide(way, event.range);
  } else if (std::holds_alternative<Unparsed>(event.body)) {
    const auto kept = std::min(event.range.size(), kept_unparsed - std::min(way.unparsed, kept_unparsed));
    way.unparsed += event.range.size();
    hide(way, {event.range.begin + kept, event.range.end});
  }
}

/// Pieces of payload count by where they begin and end together: how they are cut depends on what is in them.
void PrivateBytes::note(Way& way, const Seen& seen, const Event& event) {
  static const StreamTables no_tables;
  const bool piece =
      std::holds_alternative<Payload>(event.body) || std::holds_alternative<Unparsed>(event.body);
  const bool goes_on = piece && way.piece == event.body.index();
  way.piece = piece ? event.body.index() : 0;
  if (goes_on) return;
  auto text = std::to_string(static_cast<unsigned>(seen.connection)) + ' ' +
              std::to_string(static_cast<int>(seen.direction)) + ' ' + std::to_string(seen.time.count()) +
              ' ';
  text += piece ? std::to_string(event.range.begin)
                : describe(event, seen.migration != nullptr ? seen.migration->tables() : no_tables);
  digest_.add(text + '\n');
}

void PrivateBytes::hide(Way& way, StreamRange range) {
  if (range.size() == 0) return;
  count_ += range.size();
  if (!way.ranges.empty() && way.ranges.back().end == range.begin) {
    way.ranges.back().end = range.end;
  } else {
    way.ranges.push_back(range);
  }
}

void PrivateBytes::blank(ConnectionId id, Direction direction, std::uint64_t offset,
                         std::span<std::byte> bytes) const {
  const auto found = ways_.find({id, direction});
  if (found == ways_.end() || !found->second.ours) {
    std::ranges::fill(bytes, std::byte{});
    return;
  }
  const auto& ranges = found->second.ranges;
  const auto end = offset + bytes.size();
  auto range = std::lower_bound(ranges.begin(), ranges.end(), offset,
                                [](const StreamRange& r, std::uint64_t at) { return r.end <= at; });
  for (; range != ranges.end() && range->begin < end; ++range) {
    const auto from = std::max(range->begin, offset) - offset, to = std::min(range->end, end) - offset;
    std::ranges::fill(bytes.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)),
                      std::byte{});
  }
}

}  // namespace mig::replay
