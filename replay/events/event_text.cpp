// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/text.hpp"
#include "mig/describe.hpp"
#include "replay/analyses/words.hpp"
#include "replay/events/event_line.hpp"

namespace mig::replay {

const StreamTables& tables_of(const EventContext& context) noexcept {
  static const StreamTables none;
  return context.migration != nullptr ? context.migration->tables() : none;
}

namespace {

const char* arrow(Direction direction, bool guess = false) {
  if (guess) return direction == Direction::forward ? "?->" : "<-?";
  return direction == Direction::forward ? "-->" : "<--";
}

struct Text {
  Clock& clock;
  Time start;

  std::string prefix(Time time, ConnectionId connection, const char* mark) const {
    return clock(time, start) + printed("  %3u  %s  ", static_cast<unsigned>(connection) + 1, mark);
  }

  std::string operator()(const OpenedLine& l) const {
    auto out = prefix(l.moment.time, l.id, " + ");
    if (l.info.client == Endpoint{}) return out + "stream file";
    out += "connection from " + to_string(l.info.client) + " to " + to_string(l.info.server);
    if (!l.info.interface.name.empty()) out += " on " + printable(l.info.interface.name);
    return l.info.from_the_start ? out : out + " (its start was not captured)";
  }
  std::string operator()(const UnitLine& l) const {
    return prefix(l.context.time, l.context.connection, arrow(l.context.direction, l.guess)) +
           describe(l.event, tables_of(l.context)) +
           (l.undelivered ? " (sent after the reset, never delivered)" : "");
  }
  std::string operator()(const PagesLine& l) const {
    return prefix(l.last.time, l.last.connection, arrow(l.last.direction)) +
           printed("off=0x%llx RAM pages %llu, zero pages %llu",
                   static_cast<unsigned long long>(l.run.offset),
                   static_cast<unsigned long long>(l.run.pages),
                   static_cast<unsigned long long>(l.run.zero_pages));
  }
  std::string operator()(const NoticeLine& l) const {
    return prefix(l.context.time, l.context.connection, "===") + notice_text(l.notice, *l.context.migration);
  }
  std::string operator()(const ClosedLine& l) const {
    return prefix(l.context.time, l.context.connection, " - ") + (l.reset ? "reset" : "closed");
  }
  std::string operator()(const CommentLine& l) const {
    return clock(l.moment.time, start) + "       #   " + printable(l.text);
  }
};

}  // namespace

std::string EventText::format(const EventLine& line, Time start) {
  return std::visit(Text{clock_, start}, line);
}

}  // namespace mig::replay
