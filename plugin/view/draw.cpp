// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/fields.hpp"
#include "plugin/view/draw_unit.hpp"
#include "plugin/view/fields.hpp"
#include "plugin/view/session.hpp"
#include "plugin/view/tree_cursor.hpp"

namespace mig::plugin {
namespace {

/// What all units of a frame come to.
struct Sums {
  PageGroup pages;  // of all blocks; only its counts
  std::uint64_t device_bytes = 0;

  void add(const Slice& slice) noexcept {
    if (slice.kind == Slice::Kind::pages) {
      pages.block = slice.run->block;
      pages.add(slice);
      return;
    }
    const auto* section =
        slice.unit != nullptr ? std::get_if<SectionHeader>(&slice.unit->event.body) : nullptr;
    if (section == nullptr || section->type != SectionType::full) return;
    device_bytes += slice.range.end - std::max(slice.range.begin, slice.unit->event.range.end);
  }
};

void add_text(const FrameView& view, proto_tree* tree, GeneratedField field, std::string_view text) {
  add_generated(proto_tree_add_string(tree, field_id(field), view.tvb, 0, 0, printable(text).c_str()));
}

/// The number of a multifd channel, where it was said in an earlier frame.
void draw_channel_number(const FrameView& view, proto_tree* tree) {
  const auto& units = view.direction_state().units.units();
  const auto* init = units.empty() ? nullptr : std::get_if<MultifdInit>(&units.front().event.body);
  if (init == nullptr || view.new_events.emitted.begin < units.front().emitted) return;
  const auto id = field_id(unit_name(*init), "channel_id");
  add_generated(proto_tree_add_uint(tree, id, view.tvb, 0, 0, init->channel));
}

void draw_where(const FrameView& view, proto_tree* tree) {
  const auto* log = view.log();
  if (log != nullptr)
    add_generated(
        proto_tree_add_uint(tree, field_id(GeneratedField::migration), view.tvb, 0, 0, log->number()));
  add_text(view, tree, GeneratedField::channel, to_string(view.connection->kind()));
  draw_channel_number(view, tree);
  add_text(view, tree, GeneratedField::direction, to_string(view.actual_direction()));
  if (log != nullptr) add_text(view, tree, GeneratedField::phase, to_string(log->phase_at(view.visit)));
  if (view.new_events.own != nullptr)
    add_generated(proto_tree_add_uint64(tree, field_id(GeneratedField::stream_offset), view.tvb, 0, 0,
                                        view.new_events.own->begin));
}

void draw_sums(const FrameView& view, proto_tree* tree) {
  Sums sums;
  Slices slices(view.direction_state().units, view.new_events.emitted);
  for (Slice slice; slices.next(slice);) sums.add(slice);
  const auto number = [&](GeneratedField field, std::uint64_t value) {
    if (value == 0) return;
    const auto id = field_id(field);
    const bool wide = proto_registrar_get_ftype(id) == FT_UINT64;
    add_generated(wide ? proto_tree_add_uint64(tree, id, view.tvb, 0, 0, value)
                       : proto_tree_add_uint(tree, id, view.tvb, 0, 0, static_cast<std::uint32_t>(value)));
  };
  number(GeneratedField::pages, sums.pages.pages);
  number(GeneratedField::zero_pages, sums.pages.zero_pages);
  number(GeneratedField::bytes_normal, sums.pages.bytes);
  number(GeneratedField::bytes_zero, sums.pages.zero_bytes);
  number(GeneratedField::bytes_device, sums.device_bytes);
}

Expert expert_of(Notice notice) noexcept {
  switch (notice) {
    case Notice::phase_changed: return Expert::phase;
    case Notice::two_runners_possible: return Expert::two_runners;
    case Notice::source_may_resume: return Expert::source_may_resume;
    default: return Expert::turning_point;
  }
}

void draw_remarks(const FrameView& view, proto_tree* tree) {
  const auto end = view.direction_state().remarks.end();
  for (auto remark = first_remark(view); remark != end && remark->visit == view.visit; ++remark) {
    const bool phase = remark->notice == Notice::phase_changed;
    const auto words = printable(phase ? to_string(remark->phase) : explain(remark->notice));
    auto* item = add_generated(proto_tree_add_string_format_value(tree, field_id(GeneratedField::notice),
                                                                  view.tvb, 0, 0, words.c_str(), "%s%s",
                                                                  phase ? "phase " : "", words.c_str()));
    auto* expert = expert_id(expert_of(remark->notice));
    expert_add_info_format(view.pinfo, item, expert, "%s: %s", expert_get_summary(expert), words.c_str());
  }
}

/// A unit, and what of a device state or VM description ends with it: a state stands before its footer.
void draw_one(const FrameView& view, TreeCursor& cursor, const Slice& slice) {
  auto* tree = cursor.below(slice);
  const bool footer = slice.unit != nullptr && std::holds_alternative<SectionFooter>(slice.unit->event.body);
  if (footer) draw_blob(view, tree, slice);
  if (slice.kind == Slice::Kind::unit) {
    cursor.drawn(view, slice, draw_unit(view, tree, slice));
  } else {
    draw_payload(view, tree, slice);
    cursor.drawn(view, slice, tree);
  }
  if (!footer) draw_blob(view, tree, slice);
}

void draw_slices(const FrameView& view, proto_tree* tree) {
  PageGroup group;
  const auto flush = [&] {
    if (!group.empty()) draw_pages(view, tree, group);
    group = {};
  };
  TreeCursor cursor(tree);
  Slices slices(view.direction_state().units, view.new_events.emitted);
  for (Slice slice; slices.next(slice);) {
    if (slice.kind == Slice::Kind::pages) {
      if (group.add(slice)) continue;
      flush();
      group.add(slice);
      continue;
    }
    flush();
    draw_one(view, cursor, slice);
  }
  flush();
}

/// A segment that came early, or a header that is not complete yet.
void draw_rest(const FrameView& view, proto_tree* tree) {
  const auto later = view.direction_state().feeds.fed_later(view.visit);
  if (later != 0)
    add_generated(proto_tree_add_uint(tree, field_id(GeneratedField::fed_in), view.tvb, 0, 0, later));
  const auto* own = view.new_events.own;
  if (own == nullptr || own->held == 0) return;
  const auto at = span_of(view, {own->emitted(), own->end()});
  proto_tree_add_uint(tree, field_id(GeneratedField::held), view.tvb, at.offset, at.length, own->held);
}

}  // namespace

const Blob* blob_ending_in(const FrameView& view, const Slice& slice) noexcept {
  const auto* unit = slice.unit;
  if (unit == nullptr || unit->blob == no_blob) return nullptr;
  const auto& body = unit->event.body;
  bool ends = std::holds_alternative<SectionFooter>(body) || std::holds_alternative<PackageEnd>(body);
  if (const auto* vm = std::get_if<VmDescription>(&body))
    ends = slice.range.end == unit->event.range.end + vm->length;
  if (!ends) return nullptr;
  const auto& blob = view.connection->capture().blobs()[unit->blob];
  return blob.whole ? &blob : nullptr;
}

bool has_something(const FrameView& view) noexcept {
  if (view.new_events.emitted.size() != 0 || view.direction_state().cut_short == view.visit) return true;
  const auto remark = first_remark(view);
  return remark != view.direction_state().remarks.end() && remark->visit == view.visit;
}

void draw(const FrameView& view, proto_tree* tree) {
  auto* item =
      proto_tree_add_item(tree, protocol(), view.tvb, 0, view.new_events.own != nullptr ? -1 : 0, ENC_NA);
  proto_item_append_text(
      item, ", %s",
      view.actual_direction() == Direction::forward ? "source to destination" : "destination to source");
  auto* below = proto_item_add_subtree(item, tree_id(Tree::protocol));
  draw_where(view, below);
  if (view.direction_state().cut_short == view.visit)
    expert_add_info(view.pinfo, item, expert_id(Expert::truncated));
  if (view.direction_state().dead) expert_add_info(view.pinfo, item, expert_id(Expert::broken_memory));
  draw_sums(view, below);
  draw_slices(view, below);
  draw_remarks(view, below);
  draw_rest(view, below);
}

}  // namespace mig::plugin
