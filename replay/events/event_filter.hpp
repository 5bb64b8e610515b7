// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "replay/events/event_line.hpp"

namespace mig::replay {

/// An expression over the lines of `events`:
///
///   pong                          the event's name
///   value==0x42                   any field, as --json shows it: == != < <= > >=, ~ for "contains"
///   connection==2 channel==main   and migration, direction, time, packet, off, len, kind
///   ( ) ! && ||
///
/// Numbers are decimal or 0x; values with blanks or operators stand in double quotes. A comparison with a
/// field that a line does not have is false. Which lines exist does not depend on the filter: page records
/// are counted into `pages` lines unless they are listed.
class EventFilter {
 public:
  /// Throws std::invalid_argument that points at the place and says what was expected.
  explicit EventFilter(std::string_view expression);
  EventFilter(EventFilter&&) noexcept;
  EventFilter& operator=(EventFilter&&) noexcept;
  ~EventFilter();

  [[nodiscard]] bool accepts(const EventLine& line, Time start) const;

  /// Names that no line had which was asked for them, as a sentence; empty: there are none.
  [[nodiscard]] std::string never_met() const;

  struct Node;  // of the expression's tree

 private:
  std::unique_ptr<Node> root_;
};

}  // namespace mig::replay
