// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "replay/input/moment.hpp"

namespace mig::replay {

/// How lines of text show their times.
enum class TimeStyle : std::uint8_t {
  relative,  ///< seconds since the capture's first packet
  utc,       ///< date and time
  local,     ///< the same in this machine's zone
  delta,     ///< seconds since the line before
};
inline constexpr const char* time_styles[] = {"relative", "utc", "local", "delta"};
/// Of a name that is one of time_styles.
[[nodiscard]] TimeStyle time_style(std::string_view name) noexcept;

/// Times of lines that are printed one after the other.
class Clock {
 public:
  explicit Clock(TimeStyle style = TimeStyle::relative) : style_(style) {}
  /// Of the next line; all texts of a style have one width.
  [[nodiscard]] std::string operator()(Time time, Time start);
  /// What is above such times, as wide as they are.
  [[nodiscard]] std::string title() const;

 private:
  TimeStyle style_;
  std::optional<Time> before_;
};

/// "2026-11-23 00:29:07.907512", in UTC or in this machine's zone.
[[nodiscard]] std::string date_text(Time time, bool utc);

}  // namespace mig::replay
