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
  if (exchange.response) {
    const auto frame = static_cast<std::uint32_t>(exchange.response->packet);
    auto* link =
        add_generated(proto_tree_add_uint(tree, field_id(Extra::response_in), scene.tvb, 0, 0, frame));
    if (exchange.kind == Exchange::Kind::package) proto_item_set_text(link, "Ends in frame: %u", frame);
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
    const bool ping_seen = scene.log() != nullptr && scene.log()->migration().phases().beginning_seen();
    if (std::holds_alternative<Pong>(unit.event.body) && ping_seen)
      expert_add_info(scene.pinfo, item, hint_id(Hint::pong_without_ping));
    return;
  }
  const auto& exchange = scene.log()->exchanges()[unit.exchange];
  if (exchange.kind == Exchange::Kind::package && exchange.response)
    proto_item_append_text(item, ": %u device sections", exchange.count);
  if (asks(unit.event.body)) return draw_question(scene, tree, item, unit, exchange);
  draw_answer(scene, tree, exchange);
  if (exchange.kind == Exchange::Kind::package)
    add_generated(
        proto_tree_add_uint(tree, field_id(Extra::package_devices), scene.tvb, 0, 0, exchange.count));
}

Hint hint_of(ParseErrc cause) noexcept {
  if (cause == ParseErrc::truncated) return Hint::truncated;
  const bool capture = cause == ParseErrc::lost_bytes || cause == ParseErrc::start_unseen;
  return capture ? Hint::lost : Hint::unparsed;
}

/// A place that was found again: how well founded that was.
void draw_guess(const Scene& scene, proto_item* item, const Guess* guess) {
  expert_add_info(scene.pinfo, item, hint_id(Hint::resynchronised));
  if (guess != nullptr && scene.knows_the_rest() && guess->confirmed_in == 0)
    expert_add_info(scene.pinfo, item, hint_id(Hint::guess_failed));
}

/// Devices of precopy may end in any later frame.
void draw_device_hint(const Scene& scene, proto_item* item, const Unit& unit) {
  if (unit.blob == no_blob || !scene.knows_the_rest()) return;
  if (!scene.connection->capture().blobs()[unit.blob].ended)
    expert_add_info(scene.pinfo, item, hint_id(Hint::never_ended));
}

/// Nothing is lost by them: a recording or a capture without the contents of pages.
bool is_page_contents(const Missing& missing) {
  return missing.of &&
         (missing.of->kind == PayloadKind::page || missing.of->kind == PayloadKind::multifd_data);
}

/// What a gap tore a piece out of.
void draw_gap(const Scene& scene, proto_tree* tree, proto_item* item, StreamRange gap, const Missing& what) {
  add_generated(proto_tree_add_uint64(tree, field_id(Extra::gap), scene.tvb, 0, 0, gap.size()));
  expert_add_info(scene.pinfo, item, hint_id(is_page_contents(what) ? Hint::page_not_captured : Hint::gap));
  if (gap.begin == 0) return;
  const auto torn = Tiles::payload_at(scene.way().units, gap.begin - 1);
  const auto end = torn.run != nullptr ? torn.run->end() : torn.unit != nullptr ? torn.unit->end : 0;
  if (end <= gap.begin) return;
  proto_item_append_text(item, end < gap.end ? ", from within %s on" : " in %s",
                         payload_title(torn, scene.tables()).c_str());
}

/// The brackets that set a remark off in the Info column are Wireshark's to add in the tree.
void set_title(proto_item* item, const Line& title) {
  const std::string_view words = title.c_str();
  const bool bracketed = words.size() > 2 && words.front() == '[' && words.back() == ']';
  const auto size = static_cast<int>(words.size()) - (bracketed ? 2 : 0);
  proto_item_set_text(item, "%.*s", size, words.data() + (bracketed ? 1 : 0));
}

void draw_hints(const Scene& scene, proto_item* item, const Unit& unit) {
  const auto& event = unit.event;
  if (const auto* unparsed = std::get_if<Unparsed>(&event.body)) {
    const auto hint = hint_of(unparsed->cause);
    const auto words = explain(unparsed->cause);
    expert_add_info_format(scene.pinfo, item, hint_id(hint), "%s: %.*s", expert_get_summary(hint_id(hint)),
                           static_cast<int>(words.size()), words.data());
  } else if (const auto* footer = std::get_if<SectionFooter>(&event.body)) {
    if (footer->section != footer->expected)
      expert_add_info(scene.pinfo, item, hint_id(Hint::footer_mismatch));
  } else if (const auto* shut = std::get_if<Shut>(&event.body)) {
    if (shut->value != 0) expert_add_info(scene.pinfo, item, hint_id(Hint::destination_error));
  } else if (std::holds_alternative<Resynchronised>(event.body)) {
    draw_guess(scene, item, scene.way().guess_at(event.range.begin));
  } else if (std::holds_alternative<SectionHeader>(event.body)) {
    draw_device_hint(scene, item, unit);
  }
}

}  // namespace

proto_item* add_generated(proto_item* item) {
  proto_item_set_generated(item);
  return item;
}

void draw_guessed(const Scene& scene, proto_tree* tree, std::uint64_t offset) {
  const auto* guess = scene.way().guess_at(offset);
  if (guess == nullptr) return;
  add_generated(proto_tree_add_boolean(tree, field_id(Extra::guessed), scene.tvb, 0, 0, 1));
  if (guess->confirmed_in != 0 && scene.knows_the_rest())
    add_generated(
        proto_tree_add_uint(tree, field_id(Extra::confirmed_in), scene.tvb, 0, 0, guess->confirmed_in));
}

void draw_answer(const Scene& scene, proto_tree* tree, const Exchange& exchange) {
  const auto frame = static_cast<std::uint32_t>(exchange.request.when.packet);
  auto* link = add_generated(proto_tree_add_uint(tree, field_id(Extra::request_in), scene.tvb, 0, 0, frame));
  if (exchange.kind == Exchange::Kind::package) proto_item_set_text(link, "Began in frame: %u", frame);
  const auto took = exchange.took();
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
    const bool unknown = field.name == "block" && field.text.empty();
    if (id < 0 || unknown) continue;
    const auto begin = event.range.begin + field.wire.offset;
    const auto at = span_of(scene, {begin, begin + field.wire.size});
    auto* item = add_value(tree, id, scene.tvb, at, field);
    if (at.length == 0) add_generated(item);
  }
}

proto_tree* draw_unit(const Scene& scene, proto_tree* tree, const Tile& tile) {
  const auto& event = tile.unit->event;
  const auto header = span_of(scene, event.range);
  const auto all = span_of(scene, tile.range);
  const auto name = printable(unit_name(event.body));
  auto* item =
      proto_tree_add_string(tree, field_id(Extra::unit), scene.tvb, all.offset, all.length, name.c_str());
  set_title(item, title_of(event, scene.tables()));
  if (all.length == 0) add_generated(item);
  auto* below = proto_item_add_subtree(item, tree_id(Tree::unit));
  draw_guessed(scene, below, event.range.begin);
  if (const auto* missing = std::get_if<Missing>(&event.body))
    draw_gap(scene, below, item, event.range, *missing);
  draw_fields(scene, below, event);
  if (event.range.size() != 0 && !is_whole(scene, event.range) && header.length != 0) {
    const auto frame = scene.way().calls.frame_at(event.range.begin);
    if (frame != 0 && frame != scene.visit.frame)
      add_generated(proto_tree_add_uint(below, field_id(Extra::starts_in), scene.tvb, 0, 0, frame));
  }
  draw_links(scene, below, item, *tile.unit);
  draw_hints(scene, item, *tile.unit);
  return below;
}

}  // namespace mig::plugin
