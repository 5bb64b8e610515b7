// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/events/event_list.hpp"

namespace mig::replay {
namespace {

bool is_of(const EventContext& context, unsigned migration) {
  return migration == 0 ||
         (context.migration != nullptr && static_cast<unsigned>(context.migration->id()) + 1 == migration);
}

}  // namespace

/// Lines of any other kind first let out what was counted, so that order is kept.
void EventList::print(const EventLine& line) {
  if (!std::holds_alternative<PagesLine>(line)) flush();
  if (options_.filter && !options_.filter->accepts(line, start_)) return;
  printed_ = true;
  std::fprintf(out_, "%s\n", format_.format(line, start_).c_str());
}

void EventList::flush() {
  if (!pages_.run.empty()) print(std::exchange(pages_, {}));
}

/// False: it is no page.
bool EventList::count(const EventContext& context, const Event& event) {
  if (!pages_.run.empty() && pages_.last.connection != context.connection) flush();
  if (!pages_.run.add(event)) return false;
  pages_.last = context;
  return true;
}

void EventList::event(const EventContext& context, const Event& event, Bytes) {
  if (std::holds_alternative<Payload>(event.body)) return;  // in whatever pieces it came
  if (!is_of(context, options_.migration)) return;
  if (options_.pages || !count(context, event)) print(UnitLine{context, event});
}

bool EventList::is_shown(const EventContext& context, const Event& event) const {
  const bool page =
      std::holds_alternative<PageRecord>(event.body) || std::holds_alternative<MultifdPage>(event.body);
  if (std::holds_alternative<Payload>(event.body) || (page && !options_.pages)) return false;
  return is_of(context, options_.migration);
}

void EventList::guess(const EventContext& context, const Event& event, Bytes) {
  if (is_shown(context, event)) print(UnitLine{context, event, true});
}

void EventList::undelivered(const EventContext& context, const Event& event, Bytes) {
  if (is_shown(context, event)) print(UnitLine{context, event, false, true});
}

void EventList::comment(std::string_view text, Moment moment) {
  print(CommentLine{std::string(text), moment});
}

void EventList::opened(ConnectionId id, const ConnectionInfo& info, Moment moment) {
  print(OpenedLine{id, info, moment});
}

void EventList::notice(const EventContext& context, Notice notice) {
  if (is_of(context, options_.migration)) print(NoticeLine{context, notice});
}

void EventList::closed(const EventContext& context, bool reset) {
  if (is_of(context, options_.migration)) print(ClosedLine{context, reset});
}

void EventList::finished(Time) { flush(); }

std::string EventList::remark() const {
  return options_.filter && !printed_ ? options_.filter->never_met() : "";
}

}  // namespace mig::replay
