// SPDX-License-Identifier: GPL-2.0-or-later
// What three pairs of real QEMUs do, with migproxy between them.
#include <doctest/doctest.h>

#include <iostream>
#include <optional>

#include "needs.hpp"
#include "story.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/run/run_migration.hpp"

using namespace mig::validate;

namespace {

std::optional<RunPlan> plan_for(const std::string& source, const std::string& destination,
                                const TempDir& dir) {
  const auto from = mig::test::find_qemu(source);
  const auto to = mig::test::find_qemu(destination);
  const auto migproxy = mig::test::find_migproxy();
  if (!from || !to || !migproxy) return std::nullopt;
  RunPlan plan;
  plan.source.qemu = *from;
  plan.destination.qemu = *to;
  plan.migproxy = *migproxy;
  plan.folder = dir.path();
  return plan;
}

enum class Crash { no, may };

void expect(const std::optional<RunPlan>& plan, Verdict verdict, Crash crash = Crash::no) {
  if (!plan) return;
  mig::test::Story story;
  try {
    const auto seen = run_migration(*plan, story);
    const auto judgement = judge(seen);
    for (const auto& line : judgement.evidence) std::cerr << "evidence: " << line << '\n';
    CHECK(to_string(judgement.verdict) == to_string(verdict));
    if (crash == Crash::no) CHECK(judgement.broken.empty());
    CHECK(seen.proxy_exit == 0);
  } catch (const UserfaultfdRefused& refused) {
    mig::test::say_missing("postcopy is not possible here", refused.what());
  }
}

void no_fault(const std::string& source, const std::string& destination, const GuestParameters& guest = {}) {
  const TempDir dir;
  auto plan = plan_for(source, destination, dir);
  if (plan) plan->guest = guest;
  expect(plan, Verdict::migrated);
}

// Destinations before postcopy-device may abort on an assertion here instead of ending in order.
void broken_device(const std::string& source, const std::string& destination, Verdict verdict) {
  const TempDir dir;
  auto plan = plan_for(source, destination, dir);
  if (plan) plan->faults = {"set-device,name=serial,field=version_id,to=0x7fff"};
  expect(plan, verdict, destination == "11.1" ? Crash::no : Crash::may);
}

// Until all memory is there: a guest that still waits for a page falls silent when the link breaks, and
// splits nothing.
std::vector<Step> until_the_destination_runs() {
  return {WaitForStatus{Side::source, {"postcopy-device"}, 10},
          WaitForStatus{Side::destination, {"postcopy-active"}, 10}, WaitForTick{Side::destination, 10},
          WaitForAllRam{}, Watch{1}};
}

}  // namespace

TEST_CASE("11.1 to 11.1: no fault") { no_fault("11.1", "11.1"); }
TEST_CASE("11.1 to 7.2: no fault") { no_fault("11.1", "7.2"); }
TEST_CASE("7.2 to 7.2: no fault") { no_fault("7.2", "7.2"); }

TEST_CASE("11.1 to 11.1: an idle guest") {
  GuestParameters guest;
  guest.dirty = false;
  no_fault("11.1", "11.1", guest);
}

TEST_CASE("11.1 to 11.1: a guest at full speed that ticks by page writes") {
  GuestParameters guest;
  guest.writes_per_interrupt = 0;
  guest.writes_per_tick = 100000;
  no_fault("11.1", "11.1", guest);
}

TEST_CASE("11.1 to 11.1: a device does not load") { broken_device("11.1", "11.1", Verdict::recovered); }
TEST_CASE("11.1 to 7.2: a device does not load") { broken_device("11.1", "7.2", Verdict::recovered); }
// A source without postcopy-device has given the guest away when it has sent the package.
TEST_CASE("7.2 to 7.2: a device does not load") { broken_device("7.2", "7.2", Verdict::lost); }

TEST_CASE("11.1 to 11.1: the PONG is lost and the link is reset") {
  const TempDir dir;
  auto plan = plan_for("11.1", "11.1", dir);
  if (plan) {
    plan->faults = {"drop-pong", reset_on_signal};
    plan->steps = until_the_destination_runs();
    plan->steps.emplace_back(ResetLink{});
  }
  expect(plan, Verdict::split_brain);
}

TEST_CASE("11.1 to 11.1: the PONG is lost and the destination dies") {
  const TempDir dir;
  auto plan = plan_for("11.1", "11.1", dir);
  if (plan) {
    plan->faults = {"drop-pong"};
    plan->steps = until_the_destination_runs();
    plan->steps.emplace_back(Kill{Side::destination});
  }
  expect(plan, Verdict::rolled_back);
}
