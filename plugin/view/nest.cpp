// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/nest.hpp"

#include <algorithm>

namespace mig::plugin {
namespace {

// 0: the frame. 1: what a package holds. 2: what a section or a command holds. 3: what a list in there holds.

template <class... T>
bool is_any(const EventBody& body) noexcept {
  return (std::holds_alternative<T>(body) || ...);
}

/// The level that a piece is at home on: it closes that level and those below it.
std::ptrdiff_t home_of(const Tile& tile) noexcept {
  if (tile.kind != Tile::Kind::unit) return 3;
  const auto& event = tile.unit->event;
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

/// What is wrong with the stream is told at the top.
bool is_trouble(const Tile& tile) noexcept {
  return tile.kind == Tile::Kind::unit && is_any<Unparsed, Missing, Resynchronised>(tile.unit->event.body);
}

}  // namespace

proto_tree* Nest::below(const Tile& tile) noexcept {
  last_ = trees_[0];
  if (is_trouble(tile)) return last_;
  std::fill(trees_.begin() + home_of(tile), trees_.end(), nullptr);
  for (auto* tree : trees_)
    if (tree != nullptr) last_ = tree;
  return last_;
}

void Nest::drawn(const Scene& scene, const Tile& tile, proto_tree* own) {
  const auto at = span_of(scene, tile.range);
  const bool unit = tile.kind == Tile::Kind::unit;
  if (unit && is_any<PackageEnd>(tile.unit->event.body)) trees_[1] = nullptr;
  if (is_trouble(tile) || at.length == 0) return;
  for (std::size_t level = 1; level < depth; ++level)
    if (trees_[level] != nullptr)
      proto_item_set_end(proto_tree_get_parent(trees_[level]), scene.tvb, at.offset + at.length);
  const auto opened = unit ? opened_by(tile.unit->event.body) : 0;
  // For an item that nobody will look at Wireshark gives the tree above it.
  if (opened != 0 && own != last_) trees_[opened] = own;
}

}  // namespace mig::plugin
