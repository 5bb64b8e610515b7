// SPDX-License-Identifier: GPL-2.0-or-later
// Statistics > QEMU Migration: units, bytes, RAM blocks, iterations.
#include <map>
#include <string>

#include "mig/fields.hpp"
#include "plugin/view/taps.hpp"
#include "plugin/view/words.hpp"

namespace mig::plugin {
namespace {

int units_node, messages_node, devices_node, parts_node, blocks_node, iterations_node;
// A stats tree counts in 32 bits, so RAM is counted in KiB, and what is less is kept here.
std::map<std::string, std::uint64_t> bytes_so_far;

void count(stats_tree* tree, const char* name, int parent, std::uint64_t value, bool children = false) {
  increase_stat_node(tree, name, parent, children, static_cast<int>(value));
}

int kib_more(const char* name, std::uint64_t bytes) noexcept {
  auto& sum = bytes_so_far[name];
  const auto before = sum >> 10;
  sum += bytes;
  return static_cast<int>((sum >> 10) - before);
}

void count_kib(stats_tree* tree, const char* name, std::uint64_t bytes) {
  const auto more = kib_more(name, bytes);
  increase_stat_node(tree, "Other parts of the stream, KiB", 0, TRUE, more);
  increase_stat_node(tree, name, parts_node, FALSE, more);
}

void forget_bytes() noexcept { bytes_so_far.clear(); }

void begin(stats_tree* tree) {
  forget_bytes();
  const auto node = [&](const char* name) {
    return stats_tree_create_node(tree, name, 0, STAT_DT_INT, TRUE);
  };
  units_node = node("Units, source to destination");
  messages_node = node("Messages, destination to source");
  devices_node = node("Bytes by device section");
  parts_node = node("Other parts of the stream, KiB");
  blocks_node = node("Pages by RAM block");
  iterations_node = node("Pages by iteration over memory");
}

void count_pages(stats_tree* tree, const Scene& scene, const Tile& tile) {
  const auto block = block_words(scene.tables(), tile.run->block);
  count(tree, "Pages by RAM block", 0, tile.count, true);
  count(tree, block.c_str(), blocks_node, tile.count, true);
  const int node = stats_tree_parent_id_by_name(tree, block.c_str());
  count(tree, tile.run->encoding == PageEncoding::zero ? "zero pages" : "pages with contents", node,
        tile.count);
  if (tile.run->again) count(tree, "sent again", node, tile.count);
  Line iteration;
  static_cast<void>(
      std::snprintf(iteration.text.data(), iteration.text.size(), "iteration %u", tile.run->iteration));
  count(tree, "Pages by iteration over memory", 0, tile.count, true);
  count(tree, iteration.c_str(), iterations_node, tile.count);
}

void count_bytes(stats_tree* tree, const Scene& scene, const Tile& tile) {
  const auto* section = tile.unit != nullptr ? std::get_if<SectionHeader>(&tile.unit->event.body) : nullptr;
  if (section != nullptr && section->type == SectionType::full) {
    count(tree, "Bytes by device section", 0, tile.range.size(), true);
    count(tree, printable(scene.tables().name(section->idstr)).c_str(), devices_node, tile.range.size());
    return;
  }
  const char* part = tile.run == nullptr ? "other units" : tile.run->multifd ? "multifd" : "RAM";
  count_kib(tree, part, tile.range.size());
}

tap_packet_status packet(stats_tree* tree, packet_info*, epan_dissect_t*, const void* data, tap_flags_t) {
  const auto& scene = *static_cast<const Scene*>(data);
  const bool forward = scene.actual_direction() == Direction::forward;
  Tiles tiles(scene.way().units, scene.yield.told);
  for (Tile tile; tiles.next(tile);) {
    if (tile.kind == Tile::Kind::pages) count_pages(tree, scene, tile);
    if (tile.kind == Tile::Kind::unit) {
      const char* title = forward ? "Units, source to destination" : "Messages, destination to source";
      count(tree, title, 0, 1, true);
      count(tree, printable(unit_name(tile.unit->event.body)).c_str(), forward ? units_node : messages_node,
            1);
    }
    if (forward) count_bytes(tree, scene, tile);
  }
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_statistics() {
  stats_tree_register_plugin("qemumig", "qemumig", "QEMU Migration units and pages", 0, packet, begin,
                             nullptr);
}

}  // namespace mig::plugin
