// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/tree_cursor.hpp"

#include <algorithm>

namespace mig::plugin {
namespace {

// 0: the frame. 1: what a package holds. 2: what a section or a command holds. 3: what a list in there holds.

template <class... T>
bool is_any(const EventBody& body) noexcept {
  return (std::holds_alternative<T>(body) || ...);
}

/// The level that a piece is at home on: it closes that level and those below it.
std::ptrdiff_t home_of(const Slice& slice) noexcept {
  if (slice.kind != Slice::Kind::unit) return 3;
  const auto& event = slice.unit->event;
  if (event.extent.begins == Level::package) return 1;
  if (event.extent == no_extent || event.extent.ends == Level::package) return 2;
  const std::ptrdiff_t in_list =
      is_any<Capability>(event.body) ? 1 : 0;  // which is itself in the configuration
  return 2 + (event.extent.in_section ? 1 : 0) + (event.extent.continues() ? 1 : 0) + in_list;
}

/// The level that a unit opens for what follows; 0: none. PART and END open none: pages are not hidden.
std::size_t opened_by(const EventBody& body) noexcept {
  if (is_any<PackageBegin>(body)) return 1;
  if (is_any<Capabilities, RamBlockList>(body)) return 3;
  if (is_any<Configuration, RamDiscard, RecvBitmap>(body)) return 2;
  const auto* section = std::get_if<SectionHeader>(&body);
  const bool whole =
      section != nullptr && (section->type == SectionType::full || section->type == SectionType::start);
  return whole ? 2 : 0;
}

/// What is wrong with the stream is shown at the top.
bool is_trouble(const Slice& slice) noexcept {
  return slice.kind == Slice::Kind::unit && is_any<Unparsed, Missing, Resynchronised>(slice.unit->event.body);
}

}  // namespace

proto_tree* TreeCursor::below(const Slice& slice) noexcept {
  last_ = trees_[0];
  if (is_trouble(slice)) return last_;
  std::fill(trees_.begin() + home_of(slice), trees_.end(), nullptr);
  for (auto* tree : trees_)
    if (tree != nullptr) last_ = tree;
  return last_;
}

void TreeCursor::drawn(const FrameView& view, const Slice& slice, proto_tree* own) {
  const auto at = span_of(view, slice.range);
  const bool unit = slice.kind == Slice::Kind::unit;
  if (unit && is_any<PackageEnd>(slice.unit->event.body)) trees_[1] = nullptr;
  if (is_trouble(slice) || at.length == 0) return;
  for (std::size_t level = 1; level < depth; ++level)
    if (trees_[level] != nullptr)
      proto_item_set_end(proto_tree_get_parent(trees_[level]), view.tvb, at.offset + at.length);
  const auto opened = unit ? opened_by(slice.unit->event.body) : 0;
  // Wireshark returns the tree above for an item that is not displayed.
  if (opened != 0 && own != last_) trees_[opened] = own;
}

}  // namespace mig::plugin
