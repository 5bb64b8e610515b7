// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/events/line_value.hpp"

#include "common/text.hpp"
#include "mig/fields.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

using Value = std::optional<LineValue>;

Value text(std::string_view value) { return std::string(value); }
Value number(std::uint64_t value) { return value; }

Value of_context(const EventContext& context, std::string_view name, Time start) {
  if (name == "time") return seconds(context.time - start);
  if (name == "packet") return number(context.packet);
  if (name == "connection") return number(static_cast<std::uint64_t>(context.connection) + 1);
  if (name == "channel") return text(to_string(context.channel));
  if (name == "direction") return text(to_string(context.direction));
  if (name == "migration" && context.migration != nullptr)
    return number(static_cast<std::uint64_t>(context.migration->id()) + 1);
  return std::nullopt;
}

Value of_moment(const Moment& moment, std::string_view name, Time start) {
  if (name == "time") return seconds(moment.time - start);
  if (name == "packet") return number(moment.packet);
  return std::nullopt;
}

Value of_field(const UnitLine& line, std::string_view name) {
  const auto fields = fields_of(line.event, tables_of(line.context));
  const auto* field = fields.find(name);
  if (field == nullptr) return std::nullopt;
  if (field->style == FieldStyle::text) return text(printable(field->text));
  if (field->style == FieldStyle::bytes) return text(hex_bytes(field->text));
  return number(field->number);
}

struct Finder {
  std::string_view name;
  Time start;

  Value named(std::string_view kind, std::string_view event) const {
    if (name == "kind") return text(kind);
    if (name == "event") return text(event);
    return std::nullopt;
  }
  Value operator()(const OpenedLine& l) const {
    if (name == "connection") return number(static_cast<std::uint64_t>(l.id) + 1);
    if (name == "src") return text(to_string(l.info.client));
    if (name == "dst") return text(to_string(l.info.server));
    if (name == "interface" && !l.info.interface.name.empty()) return text(printable(l.info.interface.name));
    if (auto value = named("connection", "opened")) return value;
    return of_moment(l.moment, name, start);
  }
  Value operator()(const UnitLine& l) const {
    if (name.starts_with("fields.")) return of_field(l, name.substr(std::string_view("fields.").size()));
    if (name == "off") return number(l.event.range.begin);
    if (name == "len") return number(l.event.range.size());
    if (name == "guess") return number(l.guess ? 1 : 0);
    if (name == "undelivered") return number(l.undelivered ? 1 : 0);
    if (auto value = named("unit", unit_name(l.event.body))) return value;
    if (auto value = of_context(l.context, name, start)) return value;
    return of_field(l, name);
  }
  Value operator()(const PagesLine& l) const {
    if (name == "off") return number(l.run.offset);
    if (name == "pages") return number(l.run.pages);
    if (name == "page_bytes") return number(l.run.page_bytes);
    if (name == "zero_pages") return number(l.run.zero_pages);
    if (auto value = named("pages", "pages")) return value;
    return of_context(l.last, name, start);
  }
  Value operator()(const NoticeLine& l) const {
    const bool phase = l.notice == Notice::phase_changed;
    if (name == "text" && !phase) return text(explain(l.notice));
    const auto event = phase ? to_string(l.context.migration->phase()) : word(l.notice);
    if (auto value = named(phase ? "phase" : "notice", event)) return value;
    return of_context(l.context, name, start);
  }
  Value operator()(const ClosedLine& l) const {
    if (auto value = named("connection", l.reset ? "reset" : "closed")) return value;
    return of_context(l.context, name, start);
  }
  Value operator()(const CommentLine& l) const {
    if (name == "text") return text(printable(l.text));
    if (auto value = named("comment", "comment")) return value;
    return of_moment(l.moment, name, start);
  }
};

}  // namespace

std::optional<LineValue> line_value(const EventLine& line, std::string_view name, Time start) {
  return std::visit(Finder{name, start}, line);
}

}  // namespace mig::replay
