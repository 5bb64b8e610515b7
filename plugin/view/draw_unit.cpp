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

void draw_question(const FrameView& view, proto_tree* tree, proto_item* item, const Unit& unit,
                   const Exchange& exchange) {
  if (exchange.response) {
    const auto frame = static_cast<std::uint32_t>(exchange.response->packet);
    auto* link = add_generated(
        proto_tree_add_uint(tree, field_id(GeneratedField::response_in), view.tvb, 0, 0, frame));
    if (exchange.kind == Exchange::Kind::package) proto_item_set_text(link, "Ends in frame: %u", frame);
    return;
  }
  if (!view.knows_the_rest()) return;
  if (std::holds_alternative<Ping>(unit.event.body))
    expert_add_info(view.pinfo, item, expert_id(Expert::ping_unanswered));
  if (exchange.kind == Exchange::Kind::pages) {
    expert_add_info(view.pinfo, item,
                    expert_id(exchange.sent_before ? Expert::page_sent_before : Expert::page_never_sent));
  }
}

void draw_links(const FrameView& view, proto_tree* tree, proto_item* item, const Unit& unit) {
  if (unit.exchange == no_exchange) {
    const bool ping_seen = view.log() != nullptr && view.log()->migration().phases().beginning_seen();
    if (std::holds_alternative<Pong>(unit.event.body) && ping_seen)
      expert_add_info(view.pinfo, item, expert_id(Expert::pong_without_ping));
    return;
  }
  const auto& exchange = view.log()->exchanges()[unit.exchange];
  if (exchange.kind == Exchange::Kind::package && exchange.response)
    proto_item_append_text(item, ": %u device sections", exchange.count);
  if (asks(unit.event.body)) return draw_question(view, tree, item, unit, exchange);
  draw_answer(view, tree, exchange);
  if (exchange.kind == Exchange::Kind::package)
    add_generated(
        proto_tree_add_uint(tree, field_id(GeneratedField::package_devices), view.tvb, 0, 0, exchange.count));
}

Expert expert_of(ParseErrc cause) noexcept {
  if (cause == ParseErrc::truncated) return Expert::truncated;
  const bool capture = cause == ParseErrc::lost_bytes || cause == ParseErrc::start_unseen;
  return capture ? Expert::lost : Expert::unparsed;
}

/// A place that was found again: how well founded that was.
void draw_guess(const FrameView& view, proto_item* item, const Guess* guess) {
  expert_add_info(view.pinfo, item, expert_id(Expert::resynchronised));
  if (guess != nullptr && view.knows_the_rest() && guess->confirmed_in == 0)
    expert_add_info(view.pinfo, item, expert_id(Expert::guess_failed));
}

/// Devices of precopy may end in any later frame.
void draw_device_expert(const FrameView& view, proto_item* item, const Unit& unit) {
  if (unit.blob == no_blob || !view.knows_the_rest()) return;
  if (!view.connection->capture().blobs()[unit.blob].ended)
    expert_add_info(view.pinfo, item, expert_id(Expert::never_ended));
}

/// Nothing is lost by them: a recording or a capture without the contents of pages.
bool is_page_contents(const Missing& missing) {
  return missing.of &&
         (missing.of->kind == PayloadKind::page || missing.of->kind == PayloadKind::multifd_data);
}

/// What a gap tore a piece out of.
void draw_gap(const FrameView& view, proto_tree* tree, proto_item* item, StreamRange gap,
              const Missing& what) {
  add_generated(proto_tree_add_uint64(tree, field_id(GeneratedField::gap), view.tvb, 0, 0, gap.size()));
  expert_add_info(view.pinfo, item,
                  expert_id(is_page_contents(what) ? Expert::page_not_captured : Expert::gap));
  if (gap.begin == 0) return;
  const auto torn = Slices::payload_at(view.direction_state().units, gap.begin - 1);
  const auto end = torn.run != nullptr ? torn.run->end() : torn.unit != nullptr ? torn.unit->end : 0;
  if (end <= gap.begin) return;
  proto_item_append_text(item, end < gap.end ? ", from within %s on" : " in %s",
                         payload_title(torn, view.tables()).c_str());
}

/// The brackets that set a remark off in the Info column are Wireshark's to add in the tree.
void set_title(proto_item* item, const Line& title) {
  const std::string_view words = title.c_str();
  const bool bracketed = words.size() > 2 && words.front() == '[' && words.back() == ']';
  const auto size = static_cast<int>(words.size()) - (bracketed ? 2 : 0);
  proto_item_set_text(item, "%.*s", size, words.data() + (bracketed ? 1 : 0));
}

void draw_experts(const FrameView& view, proto_item* item, const Unit& unit) {
  const auto& event = unit.event;
  if (const auto* unparsed = std::get_if<Unparsed>(&event.body)) {
    const auto expert = expert_of(unparsed->cause);
    const auto words = explain(unparsed->cause);
    expert_add_info_format(view.pinfo, item, expert_id(expert), "%s: %.*s",
                           expert_get_summary(expert_id(expert)), static_cast<int>(words.size()),
                           words.data());
  } else if (const auto* footer = std::get_if<SectionFooter>(&event.body)) {
    if (footer->section != footer->expected)
      expert_add_info(view.pinfo, item, expert_id(Expert::footer_mismatch));
  } else if (const auto* shut = std::get_if<Shut>(&event.body)) {
    if (shut->value != 0) expert_add_info(view.pinfo, item, expert_id(Expert::destination_error));
  } else if (std::holds_alternative<Resynchronised>(event.body)) {
    draw_guess(view, item, view.direction_state().guess_at(event.range.begin));
  } else if (std::holds_alternative<SectionHeader>(event.body)) {
    draw_device_expert(view, item, unit);
  }
}

}  // namespace

proto_item* add_generated(proto_item* item) {
  proto_item_set_generated(item);
  return item;
}

void draw_guessed(const FrameView& view, proto_tree* tree, std::uint64_t offset) {
  const auto* guess = view.direction_state().guess_at(offset);
  if (guess == nullptr) return;
  add_generated(proto_tree_add_boolean(tree, field_id(GeneratedField::guessed), view.tvb, 0, 0, 1));
  if (guess->confirmed_in != 0 && view.knows_the_rest())
    add_generated(proto_tree_add_uint(tree, field_id(GeneratedField::confirmed_in), view.tvb, 0, 0,
                                      guess->confirmed_in));
}

void draw_answer(const FrameView& view, proto_tree* tree, const Exchange& exchange) {
  const auto frame = static_cast<std::uint32_t>(exchange.request.when.packet);
  auto* link =
      add_generated(proto_tree_add_uint(tree, field_id(GeneratedField::request_in), view.tvb, 0, 0, frame));
  if (exchange.kind == Exchange::Kind::package) proto_item_set_text(link, "Began in frame: %u", frame);
  const auto took = exchange.took();
  constexpr std::int64_t second = 1000000000;
  nstime_t latency;
  latency.secs = static_cast<time_t>(took / second);
  latency.nsecs = static_cast<int>(took % second);
  add_generated(proto_tree_add_time(tree, field_id(GeneratedField::latency), view.tvb, 0, 0, &latency));
}

void draw_fields(const FrameView& view, proto_tree* tree, const Event& event) {
  const auto unit = unit_name(event.body);
  const auto fields = fields_of(event, view.tables());
  for (const auto& field : fields) {
    const auto id = field_id(unit, field.name);
    const bool unknown = field.name == "block" && field.text.empty();
    if (id < 0 || unknown) continue;
    const auto begin = event.range.begin + field.wire.offset;
    const auto at = span_of(view, {begin, begin + field.wire.size});
    auto* item = add_value(tree, id, view.tvb, at, field);
    if (at.length == 0) add_generated(item);
  }
}

proto_tree* draw_unit(const FrameView& view, proto_tree* tree, const Slice& slice) {
  const auto& event = slice.unit->event;
  const auto header = span_of(view, event.range);
  const auto all = span_of(view, slice.range);
  const auto name = printable(unit_name(event.body));
  auto* item = proto_tree_add_string(tree, field_id(GeneratedField::unit), view.tvb, all.offset, all.length,
                                     name.c_str());
  set_title(item, title_of(event, view.tables()));
  if (all.length == 0) add_generated(item);
  auto* below = proto_item_add_subtree(item, tree_id(Tree::unit));
  draw_guessed(view, below, event.range.begin);
  if (const auto* missing = std::get_if<Missing>(&event.body))
    draw_gap(view, below, item, event.range, *missing);
  draw_fields(view, below, event);
  if (event.range.size() != 0 && !is_whole(view, event.range) && header.length != 0) {
    const auto frame = view.direction_state().feeds.frame_at(event.range.begin);
    if (frame != 0 && frame != view.visit.frame)
      add_generated(proto_tree_add_uint(below, field_id(GeneratedField::starts_in), view.tvb, 0, 0, frame));
  }
  draw_links(view, below, item, *slice.unit);
  draw_experts(view, item, *slice.unit);
  return below;
}

}  // namespace mig::plugin
