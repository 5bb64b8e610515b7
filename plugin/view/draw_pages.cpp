// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "plugin/view/draw_unit.hpp"
#include "plugin/view/fields.hpp"
#include "plugin/view/preferences.hpp"

namespace mig::plugin {
namespace {

void draw_contents(const Scene& scene, proto_tree* tree, StreamRange contents) {
  const auto at = span_of(scene, contents);
  if (preferences().page_bytes && at.length != 0)
    proto_tree_add_item(tree, field_id(Extra::page_data), scene.tvb, at.offset, at.length, ENC_NA);
}

void draw_page(const Scene& scene, proto_tree* tree, const PageRun& run, std::uint32_t i) {
  const auto event = run.event(i);
  const auto at = span_of(scene, event.range);
  Tile one;
  one.run = &run;
  one.first = i;
  one.count = 1;
  PageGroup page;
  page.add(one);
  auto* below = proto_tree_add_subtree(tree, scene.tvb, at.offset, at.length, tree_id(Tree::page), nullptr,
                                       title_of(page, scene.tables()).c_str());
  draw_guessed(scene, below, event.range.begin);
  draw_fields(scene, below, event);
  if (const auto* record = std::get_if<PageRecord>(&event.body)) {
    const auto flags = span_of(scene, {event.range.begin + 6, event.range.begin + 8});
    proto_tree_add_uint_format_value(below, field_id(Extra::page_flags), scene.tvb, flags.offset,
                                     flags.length, record->flags, "%s", flag_words(record->flags).c_str());
  }
  add_generated(proto_tree_add_uint(below, field_id(Extra::page_iteration), scene.tvb, 0, 0, run.iteration));
  if (run.again)
    add_generated(proto_tree_add_boolean(below, field_id(Extra::page_again), scene.tvb, 0, 0, 1));
  draw_contents(scene, below, {event.range.end, event.range.end + run.payload_size});
}

void draw_single_pages(const Scene& scene, proto_tree* tree, const PageGroup& group) {
  const bool wanted = page_fields_wanted();
  if (!wanted && !preferences().show_pages) return;
  const auto all = group.pages + group.zero_pages;
  const auto most = wanted || preferences().max_pages == 0 ? all : preferences().max_pages;
  Tiles tiles(scene.way().units, group.range);
  std::uint32_t drawn = 0;
  for (Tile tile; tiles.next(tile);) {
    for (std::uint32_t i = 0; tile.kind == Tile::Kind::pages && i < tile.count && drawn < most; ++i, ++drawn)
      draw_page(scene, tree, *tile.run, tile.first + i);
  }
  if (drawn < all)
    proto_tree_add_subtree_format(tree, scene.tvb, 0, 0, tree_id(Tree::page), nullptr, "... and %u more",
                                  all - drawn);
}

/// Requests that pages of this group answer.
void draw_answers(const Scene& scene, proto_tree* tree, StreamRange range) {
  const auto& answers = scene.way().answers;
  auto answer = std::lower_bound(answers.begin(), answers.end(), range.begin,
                                 [](const PageAnswer& a, std::uint64_t begin) { return a.begin < begin; });
  for (; answer != answers.end() && answer->begin < range.end; ++answer) {
    auto number = answer->exchange;
    for (; number != no_exchange; number = scene.log()->exchanges()[number].same)
      draw_answer(scene, tree, scene.log()->exchanges()[number]);
  }
}

}  // namespace

void draw_pages(const Scene& scene, proto_tree* tree, const PageGroup& group) {
  const auto at = span_of(scene, group.range);
  auto* item = proto_tree_add_string(tree, field_id(Extra::unit), scene.tvb, at.offset, at.length, "pages");
  proto_item_set_text(item, "RAM %s", title_of(group, scene.tables()).c_str());
  auto* below = proto_item_add_subtree(item, tree_id(Tree::pages));
  draw_guessed(scene, below, group.range.begin);
  const auto block = scene.tables().block_name(group.block);
  const auto number = [&](Extra extra, std::uint32_t value) {
    add_generated(proto_tree_add_uint(below, field_id(extra), scene.tvb, 0, 0, value));
  };
  if (!block.empty())
    add_generated(
        proto_tree_add_string(below, field_id(Extra::run_block), scene.tvb, 0, 0, printable(block).c_str()));
  add_generated(proto_tree_add_uint64(below, field_id(Extra::run_first), scene.tvb, 0, 0, group.first));
  add_generated(proto_tree_add_uint64(below, field_id(Extra::run_last), scene.tvb, 0, 0, group.last));
  number(Extra::run_pages, group.pages + group.zero_pages);
  number(Extra::run_zero, group.zero_pages);
  draw_answers(scene, below, group.range);
  draw_single_pages(scene, below, group);
}

void draw_payload(const Scene& scene, proto_tree* tree, const Tile& tile) {
  const auto at = span_of(scene, tile.range);
  auto* below = proto_tree_add_subtree_format(tree, scene.tvb, at.offset, at.length, tree_id(Tree::unit),
                                              nullptr, "%d bytes of %s (continued)", at.length,
                                              payload_title(tile, scene.tables()).c_str());
  const auto begin = tile.run != nullptr    ? tile.run->record_begin(tile.first)
                     : tile.unit != nullptr ? tile.unit->event.range.begin
                                            : tile.range.begin;
  const auto frame = scene.way().calls.frame_at(begin);
  if (frame != 0 && frame != scene.visit.frame)
    add_generated(proto_tree_add_uint(below, field_id(Extra::starts_in), scene.tvb, 0, 0, frame));
  if (tile.run != nullptr) draw_contents(scene, below, tile.range);
}

}  // namespace mig::plugin
