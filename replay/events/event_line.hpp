// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "mig/history/page_run.hpp"
#include "replay/analyses/clock.hpp"
#include "replay/capture_decoder.hpp"

namespace mig::replay {

/// Page records that followed each other on one connection.
struct PagesLine {
  EventContext last;
  PageRun run;
};
struct OpenedLine {
  ConnectionId id{};
  ConnectionInfo info;
  Moment moment;
};
struct UnitLine {
  EventContext context;
  Event event;
  bool guess = false;        ///< read behind a loss, and nothing has confirmed it
  bool undelivered = false;  ///< sent after the reset
};
struct NoticeLine {
  EventContext context;
  Notice notice{};
};
struct ClosedLine {
  EventContext context;
  bool reset = false;
};
struct CommentLine {
  std::string text;
  Moment moment;
};

/// What `events` prints one line for.
using EventLine = std::variant<OpenedLine, UnitLine, PagesLine, NoticeLine, ClosedLine, CommentLine>;

/// How lines are written. Without the newline; times relative to `start`.
class EventFormat {
 public:
  virtual ~EventFormat() = default;
  [[nodiscard]] virtual std::string format(const EventLine& line, Time start) = 0;

 protected:
  EventFormat() = default;
  EventFormat(const EventFormat&) = default;
  EventFormat& operator=(const EventFormat&) = default;
};

class EventText final : public EventFormat {
 public:
  explicit EventText(TimeStyle style = TimeStyle::relative) : clock_(style) {}
  [[nodiscard]] std::string format(const EventLine& line, Time start) override;

 private:
  Clock clock_;
};
/// docs/replay-schema.md, "events".
class EventJson final : public EventFormat {
 public:
  [[nodiscard]] std::string format(const EventLine& line, Time start) override;
};

/// The names that an event may speak of; none before its migration is known.
[[nodiscard]] const StreamTables& tables_of(const EventContext& context) noexcept;

}  // namespace mig::replay
