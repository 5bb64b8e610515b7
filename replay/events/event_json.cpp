// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json.hpp>

#include "common/fields_json.hpp"
#include "common/text.hpp"
#include "replay/analyses/words.hpp"
#include "replay/events/event_line.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

json::object begin(const Moment& moment, Time start, std::string_view kind, std::string_view event) {
  json::object out{{"time", seconds(moment.time - start)}, {"kind", kind}, {"event", event}};
  if (moment.packet != 0) out["packet"] = moment.packet;
  return out;
}

json::object begin(const EventContext& context, Time start, std::string_view kind, std::string_view event) {
  auto out = begin({context.time, context.packet}, start, kind, event);
  if (context.migration != nullptr) out["migration"] = static_cast<unsigned>(context.migration->id()) + 1;
  out["connection"] = static_cast<unsigned>(context.connection) + 1;
  out["channel"] = to_string(context.channel);
  return out;
}

struct Json {
  Time start;

  json::object operator()(const OpenedLine& l) const {
    auto out = begin(l.moment, start, "connection", "opened");
    out["connection"] = static_cast<unsigned>(l.id) + 1;
    if (l.info.client != Endpoint{}) {
      out["src"] = to_string(l.info.client);
      out["dst"] = to_string(l.info.server);
    }
    if (!l.info.interface.name.empty()) out["interface"] = printable(l.info.interface.name);
    if (!l.info.from_the_start) out["from_the_start"] = false;
    return out;
  }
  json::object operator()(const UnitLine& l) const {
    auto out = begin(l.context, start, "unit", unit_name(l.event.body));
    out["direction"] = to_string(l.context.direction);
    out["offset"] = l.event.range.begin;
    out["length"] = l.event.range.size();
    out["fields"] = fields_json(l.event, tables_of(l.context));
    if (l.guess) out["guess"] = true;
    if (l.undelivered) out["undelivered"] = true;
    return out;
  }
  json::object operator()(const PagesLine& l) const {
    auto out = begin(l.last, start, "pages", "pages");
    out["direction"] = to_string(l.last.direction);
    out["offset"] = l.run.offset;
    out["pages"] = l.run.pages;
    out["page_bytes"] = l.run.page_bytes;
    out["zero_pages"] = l.run.zero_pages;
    return out;
  }
  json::object operator()(const NoticeLine& l) const {
    if (l.notice == Notice::phase_changed)
      return begin(l.context, start, "phase", to_string(l.context.migration->phase()));
    auto out = begin(l.context, start, "notice", word(l.notice));
    out["text"] = explain(l.notice);
    return out;
  }
  json::object operator()(const ClosedLine& l) const {
    return begin(l.context, start, "connection", l.reset ? "reset" : "closed");
  }
  json::object operator()(const CommentLine& l) const {
    auto out = begin(l.moment, start, "comment", "comment");
    out["text"] = printable(l.text);
    return out;
  }
};

}  // namespace

std::string EventJson::format(const EventLine& line, Time start) {
  return json::serialize(std::visit(Json{start}, line));
}

}  // namespace mig::replay
