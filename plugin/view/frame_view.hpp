// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "plugin/model/capture.hpp"
#include "plugin/model/connection.hpp"
#include "plugin/model/slices.hpp"
#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

/// One visit of one direction of a connection, as it is drawn. Wireshark unwinds with longjmp: whoever draws
/// holds plain values only.
struct FrameView {
  packet_info* pinfo = nullptr;
  tvbuff_t* tvb = nullptr;  ///< the bytes of this visit; of the whole frame, for the end of a connection
  const Connection* connection = nullptr;
  Direction direction = Direction::forward;
  Visit visit;
  FeedIndex::NewEvents new_events;

  [[nodiscard]] const DirectionState& direction_state() const noexcept {
    return connection->direction_state(direction);
  }
  /// The direction that the bytes belong to; `direction` was Wireshark's guess where the start was not seen.
  [[nodiscard]] Direction actual_direction() const noexcept {
    return connection->actual_direction(direction);
  }
  [[nodiscard]] const MigrationLog* log() const noexcept { return connection->log(); }
  /// Empty ones for a connection that is no part of a migration.
  [[nodiscard]] const StreamTables& tables() const noexcept {
    static const StreamTables nothing;
    return log() != nullptr ? log()->migration().tables() : nothing;
  }
  /// Later passes know what came after this frame.
  [[nodiscard]] bool knows_the_rest() const noexcept { return PINFO_FD_VISITED(pinfo) != 0; }
};
static_assert(std::is_trivially_destructible_v<FrameView>);

/// Where in the tvb a range of the stream stands; {0, 0} where it has none of it.
struct TvbSpan {
  int offset = 0;
  int length = 0;
};
[[nodiscard]] inline TvbSpan span_of(const FrameView& view, StreamRange range) noexcept {
  const auto* own = view.new_events.own;
  if (own == nullptr) return {};
  const auto captured = own->begin - own->overlap + tvb_captured_length(view.tvb);
  const auto begin = std::max(range.begin, own->begin);
  const auto end = std::min({range.end, own->end(), captured});
  if (begin >= end) return {};
  return {static_cast<int>(begin - own->begin + own->overlap), static_cast<int>(end - begin)};
}
/// True if all of the range is in the tvb.
[[nodiscard]] inline bool is_whole(const FrameView& view, StreamRange range) noexcept {
  return static_cast<std::uint64_t>(span_of(view, range).length) == range.size() && range.size() != 0;
}

/// The first remark of the visit, or of a later one.
[[nodiscard]] inline auto first_remark(const FrameView& view) noexcept {
  const auto& remarks = view.direction_state().remarks;
  return std::lower_bound(remarks.begin(), remarks.end(), view.visit,
                          [](const Remark& r, Visit visit) { return r.visit < visit; });
}
/// The package, device state or VM description whose last byte is in this slice; nullptr: none, or not all of
/// it.
[[nodiscard]] const Blob* blob_ending_in(const FrameView& view, const Slice& slice) noexcept;
/// True if the visit brought anything, bytes or insights.
[[nodiscard]] bool has_something(const FrameView& view) noexcept;
/// The Info column's text; after what earlier visits of the frame brought.
void write_info(const FrameView& view);
/// What the end of a connection means, before TCP's text.
void write_end(const FrameView& view);
/// The protocol's tree.
void draw(const FrameView& view, proto_tree* tree);

}  // namespace mig::plugin
