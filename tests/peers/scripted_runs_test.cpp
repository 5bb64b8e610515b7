// SPDX-License-Identifier: GPL-2.0-or-later
// The scripted peers as processes, watched and judged as QEMUs are: end to end without any QEMU.
#include <doctest/doctest.h>

#include <iostream>
#include <optional>

#include "needs.hpp"
#include "story.hpp"
#include "validate/base/files.hpp"
#include "validate/run/run_migration.hpp"

using namespace mig::validate;

namespace {

enum class Proxy { none, between };

std::optional<RunPlan> plan_for(Proxy proxy, const TempDir& dir) {
  RunPlan plan;
  plan.source.qemu = plan.destination.qemu = mig::test::environment("MIG_MIGPEER");
  REQUIRE(std::filesystem::exists(plan.source.qemu));
  if (proxy == Proxy::between) {
    const auto migproxy = mig::test::find_migproxy();
    if (!migproxy) return std::nullopt;
    plan.migproxy = *migproxy;
  }
  plan.folder = dir.path();
  plan.precopy_time = 0.5;
  plan.watch_time = 1;
  return plan;
}

Observations expect(const std::optional<RunPlan>& plan, Verdict verdict) {
  if (!plan) return {};
  mig::test::Story story;
  auto seen = run_migration(*plan, story);
  const auto judgement = judge(seen);
  for (const auto& line : judgement.evidence) std::cerr << "evidence: " << line << '\n';
  CHECK(to_string(judgement.verdict) == to_string(verdict));
  CHECK(judgement.broken.empty());
  CHECK(seen.source.scripted);
  if (!plan->migproxy.empty()) CHECK(seen.proxy_exit == 0);
  return seen;
}

/// The verdict with these rules in migproxy; the steps are taken after the switch to postcopy.
void with_rules(const std::vector<std::string>& faults, Verdict verdict,
                const std::vector<Step>& steps = {}) {
  const TempDir dir;
  auto plan = plan_for(Proxy::between, dir);
  if (plan) {
    plan->faults = faults;
    plan->steps = steps;
  }
  (void)expect(plan, verdict);
}

std::vector<Step> until_the_destination_runs() {
  return {WaitForStatus{Side::source, {"postcopy-device"}, 10},
          WaitForStatus{Side::destination, {"postcopy-active"}, 10}, WaitForTick{Side::destination, 10},
          WaitForAllRam{10}, Watch{0.5}};
}

constexpr const char* broken_device = "set-device,name=serial,field=version_id,to=0x7fff";

}  // namespace

TEST_CASE("no proxy: no fault") {
  const TempDir dir;
  (void)expect(plan_for(Proxy::none, dir), Verdict::migrated);
}

// The guest has been given away, and the destination's copy of it is gone.
TEST_CASE("no proxy: the destination dies while memory moves") {
  const TempDir dir;
  auto plan = plan_for(Proxy::none, dir);
  plan->max_postcopy_bandwidth = 1U << 20U;
  plan->steps = {WaitForStatus{Side::source, {"postcopy-active"}, 10}, Kill{Side::destination}};
  const auto seen = expect(plan, Verdict::lost);
  CHECK(seen.source.status == "postcopy-paused");
}

TEST_CASE("no proxy: a destination that waits is started by cont") {
  const TempDir dir;
  auto plan = plan_for(Proxy::none, dir);
  plan->destination.paused = true;
  plan->steps = {WaitForStatus{Side::source, {"completed"}, 10}, Command{Side::destination, "cont", {}}};
  (void)expect(plan, Verdict::migrated);
}

TEST_CASE("no fault") { with_rules({}, Verdict::migrated); }

TEST_CASE("a device does not load") { with_rules({broken_device}, Verdict::recovered); }

TEST_CASE("a device does not load and the destination ends on errors") {
  const TempDir dir;
  auto plan = plan_for(Proxy::between, dir);
  if (plan) {
    plan->faults = {broken_device};
    plan->exit_on_error = true;
  }
  const auto seen = expect(plan, Verdict::recovered);
  if (plan) CHECK(seen.destination.process_end == "exit code 1");
}

TEST_CASE("a footer is damaged") {
  with_rules({"set-footer,phase=package,field=section_id,to=77"}, Verdict::recovered);
}

TEST_CASE("the PONG is held back for a while") { with_rules({"delay-pong,for=1s"}, Verdict::migrated); }

TEST_CASE("the PONG is lost and the link is reset") {
  auto steps = until_the_destination_runs();
  steps.emplace_back(ResetLink{});
  with_rules({"drop-pong", reset_on_signal}, Verdict::split_brain, steps);
}

TEST_CASE("the PONG is lost and the destination dies") {
  auto steps = until_the_destination_runs();
  steps.emplace_back(Kill{Side::destination});
  with_rules({"drop-pong"}, Verdict::rolled_back, steps);
}
