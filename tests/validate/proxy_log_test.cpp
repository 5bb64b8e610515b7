// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy's log as a story: which lines, how they read, and when they were.
#include "validate/run/proxy_log.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace mig::validate;

namespace {

std::string story_of(const std::string& json) {
  const auto line = line_of(boost::json::parse(json).as_object());
  return line ? (line->repeats ? "(repeats) " : "") + line->text : "(none)";
}

std::string unit(const std::string& event, const std::string& direction, const std::string& decision) {
  return R"({"time_us":5,"kind":"unit","event":")" + event + R"(","direction":")" + direction +
         R"(","decision":")" + decision + R"(","text":")" + event + R"( x"})";
}

}  // namespace

TEST_CASE("the story keeps what happens once") {
  CHECK(story_of(unit("ping", "forward", "forwarded")) == "--> ping x");
  CHECK(story_of(unit("pong", "return-path", "dropped")) == "<-- pong x");
  CHECK(story_of(R"({"kind":"phase","event":"package","text":"phase: package"})") == "=== phase: package");
  CHECK(story_of(R"({"kind":"connection","event":"opened","text":"connection from a"})") ==
        "+ connection from a");
  CHECK(story_of(R"({"kind":"connection","event":"refused","text":"refused"})") == "! refused");
  CHECK(story_of(R"({"kind":"connection","event":"reset","text":"reset"})") == "- reset");
  CHECK(story_of(R"({"kind":"signal","event":"SIGUSR1","text":"SIGUSR1"})") == "* SIGUSR1");
}

TEST_CASE("and marks what repeats, unless a rule touched it") {
  CHECK(story_of(unit("section", "forward", "forwarded")) == "(repeats) --> section x");
  CHECK(story_of(unit("section", "forward", "edited")) == "--> section x");
  CHECK(story_of(R"({"kind":"pages","event":"pages","direction":"forward","text":"RAM pages 3"})") ==
        "(repeats) --> RAM pages 3");
  for (const auto* kind : {"start", "part", "summary"})
    CHECK(story_of(R"({"event":"x","text":"x","kind":")" + std::string(kind) + "\"}") == "(none)");
}

// The zero of the log is far from that of the run: only the machine's clock says where a line belongs.
TEST_CASE("a line is placed by the monotonic clock") {
  const TempDir dir;
  const RunClock clock;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto base = std::chrono::duration_cast<std::chrono::microseconds>(now).count() - 7'000'000;
  std::ofstream(dir.path() / "log")
      << R"({"kind":"start","event":"started","listen":"127.0.0.1:5","monotonic_us":)" << base << "}\n"
      << R"({"time_us":9500000,"kind":"signal","event":"s","text":"s"})" << '\n';
  ProxyLog log(dir.path() / "log");
  CHECK(log.listening() == "127.0.0.1:5");
  const auto lines = log.new_lines(clock);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at == doctest::Approx(2.5).epsilon(0.01));
  CHECK(log.new_lines(clock).empty());
}
