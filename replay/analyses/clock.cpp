// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/clock.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "replay/analyses/words.hpp"

namespace mig::replay {

TimeStyle time_style(std::string_view name) noexcept {
  const auto at = std::find(std::begin(time_styles), std::end(time_styles), name);
  return at != std::end(time_styles) ? static_cast<TimeStyle>(at - std::begin(time_styles))
                                     : TimeStyle::relative;
}

std::string date_text(Time time, bool utc) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto seconds = static_cast<std::time_t>(whole.count());
  std::tm parts{};
  utc ? ::gmtime_r(&seconds, &parts) : ::localtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M:%S", &parts);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count();
  return printed("%s.%06lld", date.data(), static_cast<long long>(rest));
}

std::string Clock::operator()(Time time, Time start) {
  const auto before = std::exchange(before_, time).value_or(time);
  switch (style_) {
    case TimeStyle::utc: return date_text(time, true);
    case TimeStyle::local: return date_text(time, false);
    case TimeStyle::delta: return printed("%+11.6f", seconds(time - before));
    case TimeStyle::relative: break;
  }
  return printed("%11.6f", seconds(time - start));
}

std::string Clock::title() const {
  switch (style_) {
    case TimeStyle::utc: return printed("%26s", "UTC");
    case TimeStyle::local: return printed("%26s", "local time");
    case TimeStyle::delta: return printed("%11s", "s before");
    case TimeStyle::relative: break;
  }
  return printed("%11s", "s");
}

}  // namespace mig::replay
