// SPDX-License-Identifier: GPL-2.0-or-later
// What three pairs of real QEMUs do, with migproxy between them.
#include <doctest/doctest.h>

#include <csignal>
#include <iostream>
#include <string>

#include "needs.hpp"
#include "story.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/run/run_scenario.hpp"

using namespace mig::validate;

namespace {

struct Pair {
  const char* source;
  const char* destination;
};

void expect(const Pair& pair, const Scenario& scenario, Verdict verdict) {
  const TempDir dir;
  const auto from = mig::test::find_qemu(pair.source);
  const auto to = mig::test::find_qemu(pair.destination);
  const auto migproxy = mig::test::find_migproxy();
  if (!from || !to || !migproxy) return;
  mig::test::Story story;
  try {
    const auto seen = run_scenario(scenario, {*from, *to, *migproxy, dir.path()}, story);
    const auto judgement = judge(seen);
    for (const auto& line : judgement.evidence) std::cerr << "evidence: " << line << '\n';
    CHECK(to_string(judgement.verdict) == to_string(verdict));
    // Destinations before postcopy-device may abort on an assertion instead of ending in order.
    for (const auto& broken : judgement.broken)
      CHECK_MESSAGE((broken.name == "crash" && pair.destination != std::string("11.1")), broken.text);
  } catch (const UserfaultfdRefused& refused) {
    mig::test::say_missing("postcopy is not possible here", refused.what());
  }
}

void no_fault(const char* source, const char* destination, const GuestParameters& guest = {}) {
  Scenario scenario;
  scenario.guest = guest;
  expect({source, destination}, scenario, Verdict::migrated);
}

void broken_device(const char* source, const char* destination, Verdict verdict) {
  Scenario scenario;
  scenario.faults = {"set-device,name=serial,field=version_id,to=0x7fff"};
  expect({source, destination}, scenario, verdict);
}

// Until all memory is there: a guest that still waits for a page falls silent when the link breaks, and
// splits nothing.
std::vector<Step> until_the_destination_runs(Step last) {
  return {StartMigration{},
          StartPostcopy{},
          WaitStatus{Side::source, {"postcopy-device"}},
          WaitStatus{Side::destination, {"postcopy-active"}},
          WaitTick{Side::destination},
          WaitRam{},
          Sleep{1},
          std::move(last)};
}

}  // namespace

TEST_CASE("11.1 to 11.1: no fault") { no_fault("11.1", "11.1"); }
TEST_CASE("11.1 to 7.2: no fault") { no_fault("11.1", "7.2"); }
TEST_CASE("7.2 to 7.2: no fault") { no_fault("7.2", "7.2"); }

TEST_CASE("11.1 to 11.1: a guest at full speed") {
  GuestParameters guest;
  guest.pages_per_interrupt = 0;
  no_fault("11.1", "11.1", guest);
}

TEST_CASE("11.1 to 11.1: a device does not load") { broken_device("11.1", "11.1", Verdict::recovered); }
TEST_CASE("11.1 to 7.2: a device does not load") { broken_device("11.1", "7.2", Verdict::recovered); }
// A source without postcopy-device has given the guest away when it has sent the package.
TEST_CASE("7.2 to 7.2: a device does not load") { broken_device("7.2", "7.2", Verdict::lost); }

TEST_CASE("11.1 to 11.1: the PONG is lost and the link is reset") {
  Scenario scenario;
  scenario.faults = {"drop-pong", "reset-connection,on=SIGUSR1"};
  scenario.steps = until_the_destination_runs(SignalProxy{SIGUSR1});
  expect({"11.1", "11.1"}, scenario, Verdict::split_brain);
}

TEST_CASE("11.1 to 11.1: the PONG is lost and the destination dies") {
  Scenario scenario;
  scenario.faults = {"drop-pong"};
  scenario.steps = until_the_destination_runs(Kill{Side::destination});
  expect({"11.1", "11.1"}, scenario, Verdict::rolled_back);
}
