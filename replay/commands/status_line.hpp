// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <functional>
#include <string>

namespace mig::replay {

/// One line on standard error, where that is a terminal, that is written over as work goes on; from the
/// second second on.
class StatusLine {
 public:
  StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  /// As clear().
  ~StatusLine();
  /// Prints what `text` makes, a few times a second at most.
  void update(const std::function<std::string()>& text);
  /// Takes the line away.
  void clear();
  /// Seconds since it was made.
  [[nodiscard]] double elapsed() const;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now(), next_;
  bool wanted_, shown_ = false;
};

}  // namespace mig::replay
