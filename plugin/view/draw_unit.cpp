// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/draw_unit.hpp"

#include "mig/fields.hpp"
#include "plugin/view/fields.hpp"

namespace mig::plugin {
namespace {

/// A value as its field's type wants it.
proto_item* add_value(proto_tree* tree, int id, tvbuff_t* tvb, TvbSpan at, const Field& field) {
  switch (proto_registrar_get_ftype(id)) {
    case FT_STRING:
      return proto_tree_add_string(tree, id, tvb, at.offset, at.length, printable(field.text).c_str());
    case FT_BOOLEAN: return proto_tree_add_boolean(tree, id, tvb, at.offset, at.length, field.number != 0);
    case FT_UINT64: return proto_tree_add_uint64(tree, id, tvb, at.offset, at.length, field.number);
    case FT_GUID: {
      const auto bytes = as_bytes(field.text);
      e_guid_t guid{load_be32(bytes), load_be16(bytes, 4), load_be16(bytes, 6), {}};
      std::copy_n(field.text.begin() + 8, 8, guid.data4);
      return proto_tree_add_guid(tree, id, tvb, at.offset, at.length, &guid);
    }
    default:
      return proto_tree_add_uint(tree, id, tvb, at.offset, at.length,
                                 static_cast<std::uint32_t>(field.number));
  }
}

bool asks(const EventBody& body) noexcept {
  return std::holds_alternative<Ping>(body) || std::holds_alternative<PageRequest>(body) ||
         std::holds_alternative<PackageBegin>(body) || std::holds_alternative<RecvBitmapRequest>(body) ||
         std::holds_alternative<Command>(body);
}

void draw_question(const Scene& scene, proto_tree* tree, proto_item* item, const Unit& unit,
                   const Exchange& exchange) {
  if (exchange.response.frame != 0) {
    add_generated(
        proto_tree_add_uint(tree, field_id(Extra::response_in), scene.tvb, 0, 0, exchange.response.frame));
    return;
  }
  if (!scene.knows_the_rest()) return;
  if (std::holds_alternative<Ping>(unit.event.body))
    expert_add_info(scene.pinfo, item, hint_id(Hint::ping_unanswered));
  if (exchange.kind == Exchange::Kind::pages) {
    expert_add_info(scene.pinfo, item,
                    hint_id(exchange.sent_before ? Hint::page_sent_before : Hint::page_never_sent));
  }
}

void draw_links(const Scene& scene, proto_tree* tree, proto_item* item, const Unit& unit) {
  if (unit.exchange == no_exchange) {
    if (std::holds_alternative<Pong>(unit.event.body))
      expert_add_info(scene.pinfo, item, hint_id(Hint::pong_without_ping));
    return;
  }
  const auto& exchange = scene.log()->exchanges()[unit.exchange];
  if (asks(unit.event.body)) return draw_question(scene, tree, item, unit, exchange);
  draw_answer(scene, tree, exchange);
  if (exchange.kind == Exchange::Kind::package)
    add_generated(
        proto_tree_add_uint(tree, field_id(Extra::package_devices), scene.tvb, 0, 0, exchange.count));
}

void draw_hints(const Scene& scene, proto_item* item, const Event& event) {
  if (const auto* unparsed = std::get_if<Unparsed>(&event.body)) {
    const auto hint = unparsed->cause == ParseErrc::truncated ? Hint::truncated : Hint::unparsed;
    const auto words = explain(unparsed->cause);
    expert_add_info_format(scene.pinfo, item, hint_id(hint), "%s: %.*s", expert_get_summary(hint_id(hint)),
                           static_cast<int>(words.size()), words.data());
  } else if (const auto* footer = std::get_if<SectionFooter>(&event.body)) {
    if (footer->section != footer->expected)
      expert_add_info(scene.pinfo, item, hint_id(Hint::footer_mismatch));
  } else if (const auto* shut = std::get_if<Shut>(&event.body)) {
    if (shut->value != 0) expert_add_info(scene.pinfo, item, hint_id(Hint::destination_error));
  } else if (std::holds_alternative<Missing>(event.body)) {
    expert_add_info(scene.pinfo, item, hint_id(Hint::gap));
  }
}

}  // namespace

proto_item* add_generated(proto_item* item) {
  proto_item_set_generated(item);
  return item;
}

void draw_answer(const Scene& scene, proto_tree* tree, const Exchange& exchange) {
  add_generated(
      proto_tree_add_uint(tree, field_id(Extra::request_in), scene.tvb, 0, 0, exchange.request.frame));
  const auto took = exchange.response.time - exchange.request.time;
  constexpr std::int64_t second = 1000000000;
  nstime_t latency;
  latency.secs = static_cast<time_t>(took / second);
  latency.nsecs = static_cast<int>(took % second);
  add_generated(proto_tree_add_time(tree, field_id(Extra::latency), scene.tvb, 0, 0, &latency));
}

void draw_fields(const Scene& scene, proto_tree* tree, const Event& event) {
  const auto unit = unit_name(event.body);
  const auto fields = fields_of(event, scene.tables());
  for (const auto& field : fields) {
    const auto id = field_id(unit, field.name);
    if (id < 0) continue;
    const auto begin = event.range.begin + field.wire.offset;
    const auto at = span_of(scene, {begin, begin + field.wire.size});
    auto* item = add_value(tree, id, scene.tvb, at, field);
    if (at.length == 0) add_generated(item);
  }
}

void draw_unit(const Scene& scene, proto_tree* tree, const Tile& tile) {
  const auto& event = tile.unit->event;
  const auto header = span_of(scene, event.range);
  const auto all = span_of(scene, tile.range);
  const auto name = printable(unit_name(event.body));
  auto* item =
      proto_tree_add_string(tree, field_id(Extra::unit), scene.tvb, all.offset, all.length, name.c_str());
  proto_item_set_text(item, "%s", title_of(event, scene.tables()).c_str());
  if (all.length == 0) add_generated(item);
  auto* below = proto_item_add_subtree(item, tree_id(Tree::unit));
  if (std::holds_alternative<Missing>(event.body)) {
    add_generated(proto_tree_add_uint64(below, field_id(Extra::gap), scene.tvb, 0, 0, event.range.size()));
  }
  draw_fields(scene, below, event);
  if (event.range.size() != 0 && !is_whole(scene, event.range) && header.length != 0) {
    const auto frame = scene.way().calls.frame_at(event.range.begin);
    if (frame != 0 && frame != scene.visit.frame)
      add_generated(proto_tree_add_uint(below, field_id(Extra::starts_in), scene.tvb, 0, 0, frame));
  }
  draw_links(scene, below, item, *tile.unit);
  draw_hints(scene, item, event);
}

}  // namespace mig::plugin
