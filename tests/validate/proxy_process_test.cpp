// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/proxy_process.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

using namespace mig::validate;

namespace {

// A stand-in for migproxy: a shell script.
ProxySetup setup(const TempDir& dir, const std::string& script) {
  const auto program = dir.path() / "migproxy";
  std::ofstream(program) << "#!/bin/sh\n" << script << '\n';
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  return {program, "127.0.0.1:4444", {"drop-pong"}, dir.path()};
}

}  // namespace

TEST_CASE("the address is read from the first line, the rest is trace") {
  const TempDir dir;
  ProxyProcess proxy(
      setup(dir,
            "echo listening on 127.0.0.1:5555; echo \"$@\"; echo next; trap 'echo end; exit 3' TERM; "
            "while :; do sleep 0.05; done"));
  CHECK(proxy.address() == "127.0.0.1:5555");
  std::vector<TraceLine> lines;
  for (const RunClock clock; lines.size() < 2 && clock.now() < 5; sleep_for(0.01))
    for (auto& line : proxy.new_lines()) lines.push_back(line);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text.find("--connect 127.0.0.1:4444 --trace --log ") != std::string::npos);
  CHECK(lines[0].text.find("--fault=drop-pong") != std::string::npos);
  CHECK(lines[1].text == "next");
  CHECK(proxy.stop() == 3);
  CHECK(proxy.new_lines() == std::vector<TraceLine>{{std::nullopt, "end"}});
}

TEST_CASE("migproxy's clock is taken off its lines") {
  CHECK(parse_trace_line("  1.125 -> ping value=0x1") == TraceLine{1.125, "-> ping value=0x1"});
  CHECK(parse_trace_line("12.5 s  <- pong") == TraceLine{12.5, "<- pong"});
  CHECK(parse_trace_line("3 connections") == TraceLine{3, "connections"});
  for (const auto* plain : {"", "   ", "summary", "1.5", "0x42 seen", "-> 1.5"})
    CHECK(parse_trace_line(plain) == TraceLine{std::nullopt, plain});
}

TEST_CASE("a refused rule is told in migproxy's own words") {
  const TempDir dir;
  CHECK_THROWS_WITH_AS(ProxyProcess(setup(dir, "echo 'unknown action: dorp' >&2; exit 2")),
                       doctest::Contains("ended at once, exit code 2: unknown action: dorp"), CouldNotRun);
}
