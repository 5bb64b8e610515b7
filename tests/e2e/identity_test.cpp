// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy leaves every byte of a real migration as it is: on all kinds of channels, in both directions,
// without rules and with rules that watch but never match.
#include <doctest/doctest.h>

#include <iostream>
#include <string>
#include <vector>

#include "identity_run.hpp"
#include "needs.hpp"
#include "validate/base/errors.hpp"

using namespace mig::test;
using namespace mig::validate;

namespace {

const std::vector<std::string> watching{"drop-pong,value=0x777", "drop-ping,value=0x777"};
constexpr int a_rule_never_fired = 3;

std::optional<IdentityPlan> plan_for(const std::string& version, bool rules) {
  const auto qemu = find_qemu(version);
  const auto migproxy = find_migproxy();
  if (!qemu || !migproxy) return std::nullopt;
  IdentityPlan plan;
  plan.source = plan.destination = *qemu;
  plan.migproxy = *migproxy;
  if (rules) plan.faults = watching;
  plan.capabilities = {"postcopy-ram", "events"};
  plan.parameters = {{"max-bandwidth", 8 << 20},
                     {"max-postcopy-bandwidth", 16 << 20}};  // so that the guest has to ask for pages
  return plan;
}

enum class Ended { in_order, by_reset };

/// What a reset found on its way is lost; up to there nothing may differ.
void expect_same(const char* what, std::size_t connection, const std::filesystem::path& read_first,
                 const std::filesystem::path& read_behind, Ended ended) {
  const auto result = compare(read_first, read_behind);
  INFO("connection ", connection, " ", what, ": ", result.left, " bytes before migproxy, ", result.right,
       " behind it, the same up to ", result.first_difference);
  std::cerr << "connection " << connection << ' ' << what << ": " << result.left << " bytes, behind migproxy "
            << result.right << (result.same_as_far_as_both_go ? ", same" : ", DIFFERENT") << '\n';
  if (ended == Ended::in_order) CHECK(result.equal());
  CHECK(result.same_as_far_as_both_go);
  CHECK(result.right <= result.left);
}

/// Every connection of `run`; the first `broken` of them ended by a reset.
void expect_identity(IdentityRun& run, std::size_t connections, std::size_t broken, bool rules) {
  CHECK(run.all_closed());
  REQUIRE(run.sent().connections() == connections);
  REQUIRE(run.passed().connections() == connections);
  for (std::size_t i = 0; i < connections; ++i) {
    const auto ended = i < broken ? Ended::by_reset : Ended::in_order;
    expect_same("forward", i, run.sent().forward(i), run.passed().forward(i), ended);
    expect_same("return path", i, run.passed().back(i), run.sent().back(i), ended);
  }
  CHECK(run.stop_proxy() == (rules ? a_rule_never_fired : 0));
}

std::uintmax_t size_of(const std::filesystem::path& path) { return std::filesystem::file_size(path); }

/// Runs `body` for a plan; says loudly when postcopy is not possible here.
template <typename Body>
void with(const std::optional<IdentityPlan>& plan, Body body) {
  if (!plan) return;
  try {
    IdentityRun run(*plan);
    body(run);
  } catch (const UserfaultfdRefused& refused) {
    say_missing("postcopy is not possible here", refused.what());
  }
}

void postcopy(const std::string& version, bool rules) {
  with(plan_for(version, rules), [&](IdentityRun& run) {
    run.migrate();
    run.start_postcopy();
    CHECK(run.both("completed"));
    expect_identity(run, 1, 0, rules);
    CHECK(size_of(run.sent().forward(0)) > 8U << 20U);
    CHECK(size_of(run.passed().back(0)) > 100);
  });
}

void multifd(const std::string& version, bool rules) {
  auto plan = plan_for(version, rules);
  if (plan) {
    plan->capabilities = {"multifd", "return-path", "events"};
    plan->parameters = {{"max-bandwidth", 1 << 30}, {"multifd-channels", 2}};
  }
  with(plan, [&](IdentityRun& run) {
    run.let_guest_work(1);  // pages it has not written yet are zero, and leave no data
    run.migrate();
    CHECK(run.both("completed"));
    expect_identity(run, 3, 0, rules);
    for (std::size_t i = 1; i < 3; ++i) {
      CHECK(size_of(run.sent().forward(i)) > 1U << 20U);
      CHECK(size_of(run.passed().back(i)) == 0);
    }
  });
}

/// Negative control: one bit of one page changes on its way, which no QEMU notices, but these runs must.
void altered(const std::string& version) {
  auto plan = plan_for(version, false);
  if (plan) plan->faults = {"flip-page,block=pc.ram,skip=100,at=1000,mask=0x01"};
  with(plan, [&](IdentityRun& run) {
    run.migrate();
    run.start_postcopy();
    CHECK(run.both("completed"));
    CHECK(run.all_closed());
    const auto there = compare(run.sent().forward(0), run.passed().forward(0));
    CHECK_FALSE(there.equal());
    CHECK_FALSE(there.same_as_far_as_both_go);
    CHECK(there.left == there.right);
    CHECK(there.first_difference > 100U * 4096U);
    CHECK(compare(run.passed().back(0), run.sent().back(0)).equal());
    CHECK(run.stop_proxy() == 0);
  });
}

/// With this machine type the preempt channel is connected at once and silent until postcopy.
void preempt(const std::string& version, bool rules) {
  auto plan = plan_for(version, rules);
  if (plan) {
    plan->capabilities = {"postcopy-ram", "postcopy-preempt", "events"};
  }
  with(plan, [&](IdentityRun& run) {
    run.migrate();
    run.start_postcopy();
    CHECK(run.both("completed"));
    expect_identity(run, 2, 0, rules);
    CHECK(size_of(run.sent().forward(1)) > 4096);
    CHECK(size_of(run.passed().back(1)) == 0);
  });
}

void recovery(const std::string& version, bool rules, bool with_preempt) {
  auto plan = plan_for(version, rules);
  if (plan && with_preempt) plan->capabilities.emplace_back("postcopy-preempt");
  if (plan) plan->parameters["max-postcopy-bandwidth"] = 4 << 20;
  const std::size_t channels = with_preempt ? 2 : 1;
  with(plan, [&](IdentityRun& run) {
    run.migrate();
    run.start_postcopy();
    REQUIRE(run.both("postcopy-active"));
    run.reset_link();
    REQUIRE(run.both("postcopy-paused"));
    run.recover();
    CHECK(run.both("completed"));
    expect_identity(run, 2 * channels, channels, rules);
    CHECK(size_of(run.sent().forward(channels)) > 1U << 20U);
    CHECK(size_of(run.passed().back(channels)) > 2000);  // the received bitmaps
  });
}

}  // namespace

TEST_CASE("identity: postcopy 11.1") { postcopy("11.1", false); }
TEST_CASE("identity: postcopy 11.1 with rules that never match") { postcopy("11.1", true); }
TEST_CASE("identity: a flipped bit is seen 11.1") { altered("11.1"); }
TEST_CASE("identity: postcopy 7.2") { postcopy("7.2", false); }
TEST_CASE("identity: multifd 11.1") { multifd("11.1", false); }
TEST_CASE("identity: multifd 11.1 with rules that never match") { multifd("11.1", true); }
TEST_CASE("identity: preempt 11.1") { preempt("11.1", false); }
TEST_CASE("identity: preempt 11.1 with rules that never match") { preempt("11.1", true); }
TEST_CASE("identity: recovery 11.1") { recovery("11.1", false, false); }
TEST_CASE("identity: recovery 11.1 with rules that never match") { recovery("11.1", true, false); }
TEST_CASE("identity: recovery with preempt 11.1") { recovery("11.1", false, true); }
