// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/fields.hpp"
#include "plugin/view/draw_unit.hpp"
#include "plugin/view/fields.hpp"
#include "plugin/view/nest.hpp"
#include "plugin/view/session.hpp"

namespace mig::plugin {
namespace {

/// What all units of a frame come to.
struct Sums {
  PageGroup pages;  // of all blocks; only its counts
  std::uint64_t device_bytes = 0;

  void add(const Tile& tile) noexcept {
    if (tile.kind == Tile::Kind::pages) {
      pages.block = tile.run->block;
      pages.add(tile);
      return;
    }
    const auto* section = tile.unit != nullptr ? std::get_if<SectionHeader>(&tile.unit->event.body) : nullptr;
    if (section == nullptr || section->type != SectionType::full) return;
    device_bytes += tile.range.end - std::max(tile.range.begin, tile.unit->event.range.end);
  }
};

void add_text(const Scene& scene, proto_tree* tree, Extra extra, std::string_view text) {
  add_generated(proto_tree_add_string(tree, field_id(extra), scene.tvb, 0, 0, printable(text).c_str()));
}

/// The number of a multifd channel, where it was said in an earlier frame.
void draw_channel_number(const Scene& scene, proto_tree* tree) {
  const auto& units = scene.way().units.units();
  const auto* init = units.empty() ? nullptr : std::get_if<MultifdInit>(&units.front().event.body);
  if (init == nullptr || scene.yield.told.begin < units.front().told) return;
  const auto id = field_id(unit_name(*init), "channel_id");
  add_generated(proto_tree_add_uint(tree, id, scene.tvb, 0, 0, init->channel));
}

void draw_where(const Scene& scene, proto_tree* tree) {
  const auto* log = scene.log();
  if (log != nullptr)
    add_generated(proto_tree_add_uint(tree, field_id(Extra::migration), scene.tvb, 0, 0, log->number()));
  add_text(scene, tree, Extra::channel, to_string(scene.connection->kind()));
  draw_channel_number(scene, tree);
  add_text(scene, tree, Extra::direction, to_string(scene.actual_direction()));
  if (log != nullptr) add_text(scene, tree, Extra::phase, to_string(log->phase_at(scene.visit)));
  if (scene.yield.own != nullptr)
    add_generated(
        proto_tree_add_uint64(tree, field_id(Extra::stream_offset), scene.tvb, 0, 0, scene.yield.own->begin));
}

void draw_sums(const Scene& scene, proto_tree* tree) {
  Sums sums;
  Tiles tiles(scene.way().units, scene.yield.told);
  for (Tile tile; tiles.next(tile);) sums.add(tile);
  const auto number = [&](Extra extra, std::uint64_t value) {
    if (value == 0) return;
    const auto id = field_id(extra);
    const bool wide = proto_registrar_get_ftype(id) == FT_UINT64;
    add_generated(wide ? proto_tree_add_uint64(tree, id, scene.tvb, 0, 0, value)
                       : proto_tree_add_uint(tree, id, scene.tvb, 0, 0, static_cast<std::uint32_t>(value)));
  };
  number(Extra::pages, sums.pages.pages);
  number(Extra::zero_pages, sums.pages.zero_pages);
  number(Extra::bytes_normal, sums.pages.bytes);
  number(Extra::bytes_zero, sums.pages.zero_bytes);
  number(Extra::bytes_device, sums.device_bytes);
}

Hint hint_of(Notice notice) noexcept {
  switch (notice) {
    case Notice::phase_changed: return Hint::phase;
    case Notice::two_runners_possible: return Hint::two_runners;
    case Notice::source_may_resume: return Hint::source_may_resume;
    default: return Hint::turning_point;
  }
}

void draw_remarks(const Scene& scene, proto_tree* tree) {
  const auto end = scene.way().remarks.end();
  for (auto remark = first_remark(scene); remark != end && remark->visit == scene.visit; ++remark) {
    const bool phase = remark->notice == Notice::phase_changed;
    const auto words = printable(phase ? to_string(remark->phase) : explain(remark->notice));
    auto* item = add_generated(proto_tree_add_string_format_value(tree, field_id(Extra::notice), scene.tvb, 0,
                                                                  0, words.c_str(), "%s%s",
                                                                  phase ? "phase " : "", words.c_str()));
    auto* hint = hint_id(hint_of(remark->notice));
    expert_add_info_format(scene.pinfo, item, hint, "%s: %s", expert_get_summary(hint), words.c_str());
  }
}

/// A unit, and what of a device state or VM description ends with it: a state stands before its footer.
void draw_one(const Scene& scene, Nest& nest, const Tile& tile) {
  auto* tree = nest.below(tile);
  const bool footer = tile.unit != nullptr && std::holds_alternative<SectionFooter>(tile.unit->event.body);
  if (footer) draw_blob(scene, tree, tile);
  if (tile.kind == Tile::Kind::unit) {
    nest.drawn(scene, tile, draw_unit(scene, tree, tile));
  } else {
    draw_payload(scene, tree, tile);
    nest.drawn(scene, tile, tree);
  }
  if (!footer) draw_blob(scene, tree, tile);
}

void draw_tiles(const Scene& scene, proto_tree* tree) {
  PageGroup group;
  const auto flush = [&] {
    if (!group.empty()) draw_pages(scene, tree, group);
    group = {};
  };
  Nest nest(tree);
  Tiles tiles(scene.way().units, scene.yield.told);
  for (Tile tile; tiles.next(tile);) {
    if (tile.kind == Tile::Kind::pages) {
      if (group.add(tile)) continue;
      flush();
      group.add(tile);
      continue;
    }
    flush();
    draw_one(scene, nest, tile);
  }
  flush();
}

/// A segment that came early, or a header that is not complete yet.
void draw_rest(const Scene& scene, proto_tree* tree) {
  const auto later = scene.way().calls.fed_later(scene.visit);
  if (later != 0) add_generated(proto_tree_add_uint(tree, field_id(Extra::fed_in), scene.tvb, 0, 0, later));
  const auto* own = scene.yield.own;
  if (own == nullptr || own->held == 0) return;
  const auto at = span_of(scene, {own->told(), own->end()});
  proto_tree_add_uint(tree, field_id(Extra::held), scene.tvb, at.offset, at.length, own->held);
}

}  // namespace

const Blob* blob_ending_in(const Scene& scene, const Tile& tile) noexcept {
  const auto* unit = tile.unit;
  if (unit == nullptr || unit->blob == no_blob) return nullptr;
  const auto& body = unit->event.body;
  bool ends = std::holds_alternative<SectionFooter>(body) || std::holds_alternative<PackageEnd>(body);
  if (const auto* vm = std::get_if<VmDescription>(&body))
    ends = tile.range.end == unit->event.range.end + vm->length;
  if (!ends) return nullptr;
  const auto& blob = scene.connection->capture().blobs()[unit->blob];
  return blob.whole ? &blob : nullptr;
}

bool has_something(const Scene& scene) noexcept {
  if (scene.yield.told.size() != 0 || scene.way().cut_short == scene.visit) return true;
  const auto remark = first_remark(scene);
  return remark != scene.way().remarks.end() && remark->visit == scene.visit;
}

void draw(const Scene& scene, proto_tree* tree) {
  auto* item =
      proto_tree_add_item(tree, protocol(), scene.tvb, 0, scene.yield.own != nullptr ? -1 : 0, ENC_NA);
  proto_item_append_text(
      item, ", %s",
      scene.actual_direction() == Direction::forward ? "source to destination" : "destination to source");
  auto* below = proto_item_add_subtree(item, tree_id(Tree::protocol));
  draw_where(scene, below);
  if (scene.way().cut_short == scene.visit) expert_add_info(scene.pinfo, item, hint_id(Hint::truncated));
  if (scene.way().dead) expert_add_info(scene.pinfo, item, hint_id(Hint::broken_memory));
  draw_sums(scene, below);
  draw_tiles(scene, below);
  draw_remarks(scene, below);
  draw_rest(scene, below);
}

}  // namespace mig::plugin
