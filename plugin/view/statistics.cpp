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

void count_pages(stats_tree* tree, const FrameView& view, const Slice& slice) {
  const auto block = block_words(view.tables(), slice.run->block);
  count(tree, "Pages by RAM block", 0, slice.count, true);
  count(tree, block.c_str(), blocks_node, slice.count, true);
  const int node = stats_tree_parent_id_by_name(tree, block.c_str());
  count(tree, slice.run->encoding == PageEncoding::zero ? "zero pages" : "pages with contents", node,
        slice.count);
  if (slice.run->again) count(tree, "sent again", node, slice.count);
  Line iteration;
  static_cast<void>(
      std::snprintf(iteration.text.data(), iteration.text.size(), "iteration %u", slice.run->iteration));
  count(tree, "Pages by iteration over memory", 0, slice.count, true);
  count(tree, iteration.c_str(), iterations_node, slice.count);
}

void count_bytes(stats_tree* tree, const FrameView& view, const Slice& slice) {
  const auto* section = slice.unit != nullptr ? std::get_if<SectionHeader>(&slice.unit->event.body) : nullptr;
  if (section != nullptr && section->type == SectionType::full) {
    count(tree, "Bytes by device section", 0, slice.range.size(), true);
    count(tree, printable(view.tables().name(section->idstr)).c_str(), devices_node, slice.range.size());
    return;
  }
  const char* part = slice.run == nullptr ? "other units" : slice.run->multifd ? "multifd" : "RAM";
  count_kib(tree, part, slice.range.size());
}

tap_packet_status packet(stats_tree* tree, packet_info*, epan_dissect_t*, const void* data, tap_flags_t) {
  const auto& view = *static_cast<const FrameView*>(data);
  const bool forward = view.actual_direction() == Direction::forward;
  Slices slices(view.direction_state().units, view.new_events.emitted);
  for (Slice slice; slices.next(slice);) {
    if (slice.kind == Slice::Kind::pages) count_pages(tree, view, slice);
    if (slice.kind == Slice::Kind::unit) {
      const char* title = forward ? "Units, source to destination" : "Messages, destination to source";
      count(tree, title, 0, 1, true);
      count(tree, printable(unit_name(slice.unit->event.body)).c_str(), forward ? units_node : messages_node,
            1);
    }
    if (forward) count_bytes(tree, view, slice);
  }
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_statistics() {
  stats_tree_register_plugin("qemumig", "qemumig", "QEMU Migration units and pages", 0, packet, begin,
                             nullptr);
}

}  // namespace mig::plugin
