// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/event_list.hpp"

#include "mig/describe.hpp"
#include "mig/fields.hpp"

namespace mig::replay {

void EventList::prefix(Time time, ConnectionId connection, const char* arrow) {
  std::fprintf(out_, "%11.6f  %3u  %s  ", std::chrono::duration<double>(time - start_).count(),
               static_cast<unsigned>(connection) + 1, arrow);
}

void EventList::line(const Seen& seen, const std::string& text) {
  prefix(seen.time, seen.connection, seen.direction == Direction::forward ? "-->" : "<--");
  std::fprintf(out_, "%s\n", text.c_str());
}

void EventList::flush() {
  if (normal_ + zero_ == 0) return;
  line(run_, "RAM pages " + std::to_string(normal_) + ", zero pages " + std::to_string(zero_));
  normal_ = zero_ = 0;
}

void EventList::opened(ConnectionId id, const ConnectionInfo& info, Moment moment) {
  flush();
  prefix(moment.time, id, " + ");
  std::fprintf(out_, "connection from %s to %s%s\n", to_string(info.client).c_str(),
               to_string(info.server).c_str(), info.from_the_start ? "" : " (its start was not captured)");
}

void EventList::event(const Seen& seen, const Event& event, Bytes raw) {
  static const StreamTables none;
  const auto& tables = seen.migration != nullptr ? seen.migration->tables() : none;
  const bool record =
      std::holds_alternative<PageRecord>(event.body) || std::holds_alternative<MultifdPage>(event.body);
  if (record && !pages_) {
    if (run_.connection != seen.connection) flush();
    run_ = seen;
    const auto* page = std::get_if<PageRecord>(&event.body);
    const auto* multifd = std::get_if<MultifdPage>(&event.body);
    const bool zero = page != nullptr ? page->encoding == PageEncoding::zero : multifd->zero;
    ++(zero ? zero_ : normal_);
    return;
  }
  if (std::holds_alternative<Payload>(event.body)) return;  // in whatever pieces it came
  static_cast<void>(raw);
  flush();
  line(seen, describe(event, tables));
}

void EventList::notice(const Seen& seen, Notice notice) {
  flush();
  prefix(seen.time, seen.connection, "===");
  const std::string text = notice == Notice::phase_changed
                               ? "phase: " + std::string(to_string(seen.migration->phase()))
                               : std::string(explain(notice));
  std::fprintf(out_, "%s\n", text.c_str());
}

void EventList::closed(const Seen& seen, bool reset) {
  flush();
  prefix(seen.time, seen.connection, " - ");
  std::fprintf(out_, "%s\n", reset ? "reset" : "closed");
}

void EventList::finished(Time) { flush(); }

}  // namespace mig::replay
