// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdio>
#include <optional>

#include "replay/events/event_filter.hpp"
#include "replay/events/event_line.hpp"

namespace mig::replay {

struct EventListOptions {
  bool pages = false;                 ///< list pages too, instead of counting them
  unsigned migration = 0;             ///< only lines of this one, from 1; 0: all
  std::optional<EventFilter> filter;  ///< only lines that it accepts
};

/// Prints every unit as one line, as it comes. Phases, notices and connections stand between.
class EventList final : public Consumer {
 public:
  /// `out` and `format` outlive the list.
  EventList(FILE* out, EventFormat& format, EventListOptions options)
      : out_(out), format_(format), options_(std::move(options)) {}
  void started(Time time) override { start_ = time; }
  void comment(std::string_view text, Moment moment) override;
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void guess(const EventContext& context, const Event& event, Bytes raw) override;
  void undelivered(const EventContext& context, const Event& event, Bytes raw) override;
  void notice(const EventContext& context, Notice notice) override;
  void closed(const EventContext& context, bool reset) override;
  void finished(Time time) override;

  /// Why, perhaps, the filter let nothing through; empty where it did.
  [[nodiscard]] std::string remark() const;

 private:
  [[nodiscard]] bool is_shown(const EventContext& context, const Event& event) const;
  void print(const EventLine& line);
  [[nodiscard]] bool count(const EventContext& context, const Event& event);
  void flush();

  FILE* out_;
  EventFormat& format_;
  EventListOptions options_;
  PagesLine pages_;
  bool printed_ = false;
  Time start_{};
};

}  // namespace mig::replay
