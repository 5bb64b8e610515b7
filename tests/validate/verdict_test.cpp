// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/verdict/verdict.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace mig::validate;

namespace {

// A run on one clock: 0..3 precopy, handover at 3, the window is 10..12.
struct Builder {
  Observations seen;

  Builder() {
    seen.watched_from = 10;
    seen.watched_to = 12;
    source_ticks(1, 2, 40);
  }
  Builder& source(const char* status, const char* run_state) {
    seen.source.status = status;
    seen.source.run_state = run_state;
    return *this;
  }
  Builder& destination(const char* status, const char* run_state) {
    seen.destination.status = status;
    seen.destination.run_state = run_state;
    return *this;
  }
  Builder& destination_ended(const char* how) {
    seen.destination.process_end = how;
    return *this;
  }
  Builder& source_ticks(Seconds at, std::uint32_t first, std::uint32_t last) {
    seen.source.ticks.push_back({at, first, last, last - first + 1});
    return *this;
  }
  Builder& destination_ticks(Seconds at, std::uint32_t first, std::uint32_t last) {
    seen.destination.ticks.push_back({at, first, last, last - first + 1});
    return *this;
  }
  Builder& refused(Side side, const char* error) {
    seen.rescues.push_back({12, side, "cont", false, error});
    return *this;
  }
  [[nodiscard]] Verdict verdict() const { return judge(seen).verdict; }
  [[nodiscard]] bool evidence_has(const char* text) const {
    const auto lines = judge(seen).evidence;
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& l) { return l.find(text) != std::string::npos; });
  }
};

}  // namespace

TEST_CASE("MIGRATED: only the destination ticks, on from the source's counter") {
  auto run = Builder().source("completed", "postmigrate").destination("completed", "running");
  run.destination_ticks(4, 41, 60).destination_ticks(11, 61, 90);
  CHECK(run.verdict() == Verdict::migrated);
  CHECK(run.evidence_has("the source stopped at tick 40, the destination began with tick 41"));
  CHECK(run.evidence_has("source: completed / postmigrate"));
}

TEST_CASE("MIGRATED also when the source says failed but stays silent") {
  auto run = Builder()
                 .source("failed", "postmigrate")
                 .destination("completed", "running")
                 .destination_ticks(11, 41, 60);
  CHECK(run.verdict() == Verdict::migrated);
}

TEST_CASE("a guest that began anew on the destination is not the one that was migrated") {
  auto run = Builder()
                 .source("completed", "postmigrate")
                 .destination("completed", "running")
                 .destination_ticks(11, 1, 30);
  CHECK(run.verdict() == Verdict::lost);
  CHECK(run.evidence_has("it is not the guest that was migrated"));
}

TEST_CASE("a guest that went on and was then reset is lost") {
  auto run = Builder()
                 .source("completed", "postmigrate")
                 .destination("completed", "running")
                 .destination_ticks(4, 41, 60)
                 .destination_ticks(11, 1, 90);
  CHECK(run.verdict() == Verdict::lost);
  CHECK(run.evidence_has("the destination's guest counted back to tick 1"));
}

TEST_CASE("RECOVERED: only the source ticks, the destination never did") {
  auto run =
      Builder().source("failed", "running").destination("failed", "inmigrate").source_ticks(11, 41, 70);
  CHECK(run.verdict() == Verdict::recovered);
  CHECK(run.evidence_has("its guest never ticked"));
  SUBCASE("whatever became of the destination") {
    run.destination_ended("exit code 1");
    CHECK(run.verdict() == Verdict::recovered);
    CHECK(run.evidence_has("destination: gone: exit code 1"));
  }
}

TEST_CASE("ROLLED-BACK: the source ticks again though the destination had ticked") {
  auto run = Builder().source("failed", "running").destination_ended("killed by signal 9 (Killed)");
  run.destination_ticks(4, 41, 60).source_ticks(11, 41, 70);
  CHECK(run.verdict() == Verdict::rolled_back);
}

TEST_CASE("UNFINISHED: the destination ticks, the source waits") {
  auto run = Builder().source("postcopy-device", "finish-migrate").destination("postcopy-active", "running");
  run.destination_ticks(11, 41, 60);
  CHECK(run.verdict() == Verdict::unfinished);
}

TEST_CASE("SPLIT-BRAIN: both tick, whatever the statuses say") {
  auto run = Builder().source("failed", "running").destination("postcopy-paused", "running");
  run.source_ticks(11, 41, 60).destination_ticks(4, 41, 50).destination_ticks(11, 51, 60);
  CHECK(run.verdict() == Verdict::split_brain);
  CHECK(run.evidence_has("tick 41 to tick 60 happened twice"));
  run.source("completed", "postmigrate").destination("completed", "paused");
  CHECK(run.verdict() == Verdict::split_brain);
}

TEST_CASE("LOST: silence, one side is over, and cont does not help") {
  auto run = Builder().source("postcopy-paused", "finish-migrate").destination_ended("exit code 1");
  run.refused(Side::source, "Migration is not finalized yet");
  CHECK(run.verdict() == Verdict::lost);
  CHECK(run.evidence_has("tried cont on the source: refused, Migration is not finalized yet"));
  SUBCASE("the destination failed but lives") {
    auto failed = Builder().source("postcopy-paused", "finish-migrate").destination("failed", "inmigrate");
    CHECK(failed.verdict() == Verdict::lost);
  }
}

TEST_CASE("PAUSED: silence, and both sides wait for a recovery") {
  auto run = Builder().source("postcopy-paused", "finish-migrate").destination("postcopy-paused", "running");
  CHECK(run.verdict() == Verdict::paused);
  SUBCASE("not when one of them is gone") {
    run.destination_ended("exit code 1");
    CHECK(run.verdict() == Verdict::lost);
  }
}

TEST_CASE("HUNG: nothing is over and nothing moves") {
  auto run = Builder().source("postcopy-device", "finish-migrate").destination("active", "inmigrate");
  CHECK(run.verdict() == Verdict::hung);
  SUBCASE("a source that ticks while its migration stands still has not recovered") {
    auto stuck =
        Builder().source("active", "running").destination("active", "inmigrate").source_ticks(11, 41, 60);
    CHECK(stuck.verdict() == Verdict::hung);
  }
}

TEST_CASE("ticks outside the window do not decide") {
  auto run = Builder().source("failed", "running").destination("postcopy-paused", "running");
  run.source_ticks(11, 41, 60).destination_ticks(9.9, 41, 50).destination_ticks(12.1, 51, 60);
  CHECK(run.verdict() == Verdict::rolled_back);
}

namespace {

std::vector<std::string> broken_names(const Observations& seen) {
  std::vector<std::string> names;
  for (const auto& broken : judge(seen).broken) names.push_back(broken.name);
  return names;
}

Builder recovered_run() {
  auto run =
      Builder().source("failed", "running").destination("failed", "inmigrate").source_ticks(11, 41, 70);
  run.seen.source.memory.verified = {{9, 3}, {10.5, 4}, {11.5, 5}};
  return run;
}

}  // namespace

TEST_CASE("a run in which all invariants hold") { CHECK(broken_names(recovered_run().seen).empty()); }

TEST_CASE("a crash and a counter that jumps are told beside the verdict") {
  auto run = recovered_run().destination_ended("killed by signal 6 (Aborted)");
  run.seen.destination.crashed = true;
  run.seen.source.tick_jumps = 2;
  const auto judgement = judge(run.seen);
  CHECK(judgement.verdict == Verdict::recovered);
  REQUIRE(judgement.broken.size() == 2);
  CHECK(judgement.broken[0].text == "the source's guest skipped or repeated ticks, 2 times");
  CHECK(judgement.broken[1].text == "the destination crashed: killed by signal 6 (Aborted)");
}

TEST_CASE("memory: a damaged page, and a guest that ticks without having verified everything") {
  auto run = recovered_run();
  run.seen.source.memory.bad_pages = {0x103000};
  CHECK(broken_names(run.seen) == std::vector<std::string>{"memory"});
  CHECK(judge(run.seen).broken[0].text ==
        "the source's guest found damaged memory, first the page at 0x103000");
  run = recovered_run();
  run.seen.source.memory.verified.pop_back();
  CHECK(broken_names(run.seen) == std::vector<std::string>{"memory"});
}

TEST_CASE("statuses move along documented edges only") {
  auto run = recovered_run();
  const auto goes = [](SideObservations& side, std::initializer_list<const char*> statuses) {
    side.changes.clear();
    for (const auto* status : statuses) side.changes.push_back({1, StateChange::Kind::status, status});
  };
  goes(run.seen.source, {"setup", "active", "device", "postcopy-device", "failing", "failed"});
  goes(run.seen.destination, {"setup", "active", "postcopy-device", "failed"});
  CHECK(broken_names(run.seen).empty());
  goes(run.seen.source, {"setup", "active", "completed", "active"});
  CHECK(judge(run.seen).broken[0].text == "the source went from completed to active");
  goes(run.seen.source, {"setup", "active", "device", "completed"});
  goes(run.seen.destination, {"active", "completed"});
  CHECK(judge(run.seen).broken[0].text == "the destination went from none to active");
  run.seen.libvirt.emplace();  // whose destinations are found late
  CHECK(broken_names(run.seen).empty());
  goes(run.seen.destination, {"active", "completed", "active"});
  CHECK(judge(run.seen).broken[0].text == "the destination went from completed to active");
  goes(run.seen.source, {"active"});
  CHECK(judge(run.seen).broken[0].text == "the source went from none to active");
  CHECK_FALSE(may_follow(Side::source, "postcopy-active", "cancelled"));
  CHECK_FALSE(may_follow(Side::destination, "failed", "active"));
}

TEST_CASE("a rule fires exactly as often as it was asked to") {
  auto run = recovered_run();
  run.seen.rules = {{"drop-pong", 1}, {"drop-page,times=3", 2}, {"hold-pong,times=all", 70}};
  CHECK(broken_names(run.seen).empty());
  run.seen.rules = {{"drop-pong", 0}};
  CHECK(judge(run.seen).broken[0].text == "the rule drop-pong never fired");
  run.seen.rules = {{"drop-pong", 2}};
  CHECK(broken_names(run.seen) == std::vector<std::string>{"rules"});
  run.seen.earlier_destinations.resize(1);
  CHECK(broken_names(run.seen).empty());
}
