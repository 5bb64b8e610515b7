// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "plugin/view/draw_unit.hpp"
#include "plugin/view/fields.hpp"
#include "plugin/view/preferences.hpp"

namespace mig::plugin {
namespace {

void draw_contents(const FrameView& view, proto_tree* tree, StreamRange contents) {
  const auto at = span_of(view, contents);
  if (preferences().page_bytes && at.length != 0)
    proto_tree_add_item(tree, field_id(GeneratedField::page_data), view.tvb, at.offset, at.length, ENC_NA);
}

void draw_page(const FrameView& view, proto_tree* tree, const RecordRun& run, std::uint32_t i) {
  const auto event = run.event(i);
  const auto at = span_of(view, event.range);
  Slice one;
  one.run = &run;
  one.first = i;
  one.count = 1;
  PageGroup page;
  page.add(one);
  auto* below = proto_tree_add_subtree(tree, view.tvb, at.offset, at.length, tree_id(Tree::page), nullptr,
                                       title_of(page, view.tables()).c_str());
  draw_guessed(view, below, event.range.begin);
  draw_fields(view, below, event);
  if (const auto* record = std::get_if<PageRecord>(&event.body)) {
    const auto flags = span_of(view, {event.range.begin + 6, event.range.begin + 8});
    proto_tree_add_uint_format_value(below, field_id(GeneratedField::page_flags), view.tvb, flags.offset,
                                     flags.length, record->flags, "%s", flag_words(record->flags).c_str());
  }
  add_generated(
      proto_tree_add_uint(below, field_id(GeneratedField::page_iteration), view.tvb, 0, 0, run.iteration));
  if (run.again)
    add_generated(proto_tree_add_boolean(below, field_id(GeneratedField::page_again), view.tvb, 0, 0, 1));
  draw_contents(view, below, {event.range.end, event.range.end + run.payload_size});
}

void draw_single_pages(const FrameView& view, proto_tree* tree, const PageGroup& group) {
  const bool wanted = page_fields_wanted();
  if (!wanted && !preferences().show_pages) return;
  const auto all = group.pages + group.zero_pages;
  const auto most = wanted || preferences().max_pages == 0 ? all : preferences().max_pages;
  Slices slices(view.direction_state().units, group.range);
  std::uint32_t drawn = 0;
  for (Slice slice; slices.next(slice);) {
    for (std::uint32_t i = 0; slice.kind == Slice::Kind::pages && i < slice.count && drawn < most;
         ++i, ++drawn)
      draw_page(view, tree, *slice.run, slice.first + i);
  }
  if (drawn < all)
    proto_tree_add_subtree_format(tree, view.tvb, 0, 0, tree_id(Tree::page), nullptr, "... and %u more",
                                  all - drawn);
}

/// Requests that pages of this group answer.
void draw_answers(const FrameView& view, proto_tree* tree, StreamRange range) {
  const auto& answers = view.direction_state().answers;
  auto answer = std::lower_bound(answers.begin(), answers.end(), range.begin,
                                 [](const PageAnswer& a, std::uint64_t begin) { return a.begin < begin; });
  for (; answer != answers.end() && answer->begin < range.end; ++answer) {
    auto number = answer->exchange;
    for (; number != no_exchange; number = view.log()->exchanges()[number].same)
      draw_answer(view, tree, view.log()->exchanges()[number]);
  }
}

}  // namespace

void draw_pages(const FrameView& view, proto_tree* tree, const PageGroup& group) {
  const auto at = span_of(view, group.range);
  auto* item =
      proto_tree_add_string(tree, field_id(GeneratedField::unit), view.tvb, at.offset, at.length, "pages");
  proto_item_set_text(item, "RAM %s", title_of(group, view.tables()).c_str());
  auto* below = proto_item_add_subtree(item, tree_id(Tree::pages));
  draw_guessed(view, below, group.range.begin);
  const auto block = view.tables().block_name(group.block);
  const auto number = [&](GeneratedField field, std::uint32_t value) {
    add_generated(proto_tree_add_uint(below, field_id(field), view.tvb, 0, 0, value));
  };
  if (!block.empty())
    add_generated(proto_tree_add_string(below, field_id(GeneratedField::run_block), view.tvb, 0, 0,
                                        printable(block).c_str()));
  add_generated(
      proto_tree_add_uint64(below, field_id(GeneratedField::run_first), view.tvb, 0, 0, group.first));
  add_generated(proto_tree_add_uint64(below, field_id(GeneratedField::run_last), view.tvb, 0, 0, group.last));
  number(GeneratedField::run_pages, group.pages + group.zero_pages);
  number(GeneratedField::run_zero, group.zero_pages);
  draw_answers(view, below, group.range);
  draw_single_pages(view, below, group);
}

void draw_payload(const FrameView& view, proto_tree* tree, const Slice& slice) {
  const auto at = span_of(view, slice.range);
  auto* below = proto_tree_add_subtree_format(tree, view.tvb, at.offset, at.length, tree_id(Tree::unit),
                                              nullptr, "%d bytes of %s (continued)", at.length,
                                              payload_title(slice, view.tables()).c_str());
  const auto begin = slice.run != nullptr    ? slice.run->record_begin(slice.first)
                     : slice.unit != nullptr ? slice.unit->event.range.begin
                                             : slice.range.begin;
  const auto frame = view.direction_state().feeds.frame_at(begin);
  if (frame != 0 && frame != view.visit.frame)
    add_generated(proto_tree_add_uint(below, field_id(GeneratedField::starts_in), view.tvb, 0, 0, frame));
  if (slice.run != nullptr) draw_contents(view, below, slice.range);
}

}  // namespace mig::plugin
