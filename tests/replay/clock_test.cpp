// SPDX-License-Identifier: GPL-2.0-or-later
// Times as --time shows them, against dates that `date -u -d @...` prints.
#include "replay/analyses/clock.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <string>

using namespace mig::replay;

namespace {

// date -u -d @1763857747 '+%F %T': 2025-11-23 00:29:07
constexpr Time first = std::chrono::seconds(1763857747) + std::chrono::microseconds(907949);
constexpr Time second = first + std::chrono::microseconds(101293);

}  // namespace

TEST_CASE("each style of time, and its width is that of its title") {
  struct Shown {
    const char* style;
    const char *one, *two;
  };
  for (const auto& shown :
       {Shown{"relative", "   0.000000", "   0.101293"}, Shown{"delta", "  +0.000000", "  +0.101293"},
        Shown{"utc", "2025-11-23 00:29:07.907949", "2025-11-23 00:29:08.009242"}}) {
    CAPTURE(shown.style);
    Clock clock(time_style(shown.style));
    CHECK(clock(first, first) == shown.one);
    CHECK(clock(second, first) == shown.two);
    CHECK(clock.title().size() == std::string(shown.one).size());
  }
}

TEST_CASE("local time is that of the zone") {
  const char* before = std::getenv("TZ");
  const std::string zone = before != nullptr ? before : "";
  ::setenv("TZ", "UTC-5:30", 1);  // POSIX: five and a half hours east
  ::tzset();
  CHECK(Clock(TimeStyle::local)(first, first) == "2025-11-23 05:59:07.907949");
  before != nullptr ? ::setenv("TZ", zone.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}
