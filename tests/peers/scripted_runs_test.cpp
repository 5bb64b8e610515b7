// SPDX-License-Identifier: GPL-2.0-or-later
// The scripted peers as processes, watched and judged as QEMUs are: end to end without any QEMU.
#include <doctest/doctest.h>

#include <iostream>
#include <optional>
#include <string>

#include "needs.hpp"
#include "story.hpp"
#include "validate/base/files.hpp"
#include "validate/run/run_scenario.hpp"
#include "validate/steps/registry.hpp"

using namespace mig::validate;

namespace {

enum class Proxy { none, between };

Observations expect(Scenario scenario, Proxy proxy, Verdict verdict) {
  const TempDir dir;
  const std::filesystem::path peer = mig::test::environment("MIG_MIGPEER");
  REQUIRE(std::filesystem::exists(peer));
  RunSetup setup{peer, peer, {}, dir.path()};
  if (proxy == Proxy::between) {
    const auto migproxy = mig::test::find_migproxy();
    if (!migproxy) return {};
    setup.migproxy = *migproxy;
  }
  scenario.direct = proxy == Proxy::none;
  mig::test::Story story;
  auto seen = run_scenario(scenario, setup, story);
  const auto judgement = judge(seen);
  for (const auto& line : judgement.evidence) std::cerr << "evidence: " << line << '\n';
  CHECK(to_string(judgement.verdict) == to_string(verdict));
  CHECK(judgement.broken.empty());
  CHECK(seen.source.package.find("not QEMU") != std::string::npos);
  if (proxy == Proxy::between) CHECK(seen.proxy_exit == 0);
  return seen;
}

/// The switch to postcopy, then `more`.
Scenario scenario_with(const std::string& more = {}) {
  Scenario scenario;
  scenario.steps = steps_of("{ start = \"migration\" }, { start = \"postcopy\" }, " + more);
  return scenario;
}

void with_rules(const std::vector<std::string>& faults, Verdict verdict, const std::string& more = {}) {
  auto scenario = scenario_with(more);
  scenario.faults = faults;
  (void)expect(scenario, Proxy::between, verdict);
}

const std::string until_the_destination_runs = R"(
  { wait-status = "postcopy-device" },
  { wait-status = "postcopy-active", side = "destination" },
  { wait-tick = "destination" },
  { wait-ram = 0 },
  { sleep = 0.5 },
)";

constexpr const char* broken_device = "set-device,name=serial,field=version_id,to=0x7fff";

}  // namespace

TEST_CASE("no proxy: no fault") { (void)expect(scenario_with(), Proxy::none, Verdict::migrated); }

// The guest has been given away, and the destination's copy of it is gone.
TEST_CASE("no proxy: the destination dies while memory moves") {
  auto scenario = scenario_with(R"({ wait-status = "postcopy-active" }, { kill = "destination" })");
  scenario.source.parameters["max-postcopy-bandwidth"] = 1U << 20U;
  const auto seen = expect(scenario, Proxy::none, Verdict::lost);
  CHECK(seen.source.status == "postcopy-paused");
}

TEST_CASE("no proxy: a destination that waits is started by cont") {
  auto scenario = scenario_with(R"({ wait-status = "completed" }, { qmp = "cont", side = "destination" })");
  scenario.destination.paused = true;
  (void)expect(scenario, Proxy::none, Verdict::migrated);
}

TEST_CASE("no fault") { with_rules({}, Verdict::migrated); }

TEST_CASE("a device does not load") { with_rules({broken_device}, Verdict::recovered); }

TEST_CASE("a device does not load and the destination ends on errors") {
  auto scenario = scenario_with();
  scenario.faults = {broken_device};
  scenario.exit_on_error = true;
  const auto seen = expect(scenario, Proxy::between, Verdict::recovered);
  CHECK(seen.destination.process_end == "exit code 1");
}

TEST_CASE("a footer is damaged") {
  with_rules({"set-footer,phase=package,field=section_id,to=77"}, Verdict::recovered);
}

TEST_CASE("the PONG is held back for a while") { with_rules({"delay-pong,for=1s"}, Verdict::migrated); }

TEST_CASE("the PONG is lost and the link is reset") {
  with_rules({"drop-pong", "reset-connection,on=SIGUSR1"}, Verdict::split_brain,
             until_the_destination_runs + "{ signal = \"SIGUSR1\" }");
}

TEST_CASE("the PONG is lost and the destination dies") {
  with_rules({"drop-pong"}, Verdict::rolled_back, until_the_destination_runs + "{ kill = \"destination\" }");
}

TEST_CASE("a destination that hangs for a while") {
  with_rules({}, Verdict::migrated, R"({ freeze = "destination" }, { sleep = 1 }, { thaw = "destination" })");
}
