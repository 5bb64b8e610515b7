// SPDX-License-Identifier: GPL-2.0-or-later
// Scenario files: what is read, and what is refused with file, line and reason.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "validate/catalogue/catalogue.hpp"
#include "validate/catalogue/read_scenario.hpp"
#include "validate/steps/registry.hpp"
#include "validate/toml/node.hpp"

using namespace mig::validate;

namespace {

const std::string head = "title = \"T\"\nabout = \"A\"\n";                               // lines 1 and 2
const std::string tail = "\n[[expect]]\nverdict = \"LOST\"\nbecause = \"it is so.\"\n";  // 4 lines

std::string refusal_of(const std::string& text) {
  try {
    (void)read_scenario(text, "mine.toml");
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return "taken";
}

std::string refused_step(const std::string& step) {
  return refusal_of(head + "[run]\nsteps = [\n  " + step + "\n]" + tail);  // the step stands in line 5
}

}  // namespace

TEST_CASE("a scenario with all it can have") {
  const auto scenario = read_scenario(head + R"(
tags = ["ci"]
[needs]
source = ">=10.2"
because = "older ones cannot."
[guest]
load = "idle"
memory = "8MiB"
[both]
capabilities = ["postcopy-ram", "multifd"]
parameters = { multifd-channels = 2 }
[destination]
paused = true
[run]
faults = ["drop-pong"]
shared-disk = true
patience = 3
begin = "precopy"
steps = [
  { wait-status = ["active", "postcopy-active"], side = "destination", within = 7 },
  { qmp = "cont", side = "destination", expect = "refused", error = "not yet", name = "early" },
  { cut = "link" },
]
[[expect]]
when = { source = ">=10.2, <11.1", destination = "7.2" }
ends = { source = "failed / *", destination = ["gone: exit code 1", "failed / inmigrate"] }
verdict = ["LOST", "PAUSED"]
answers = { early = "accepted" }
breaks = "crash"
because = "it is so."
)",
                                      "some/where/mine.toml");
  CHECK(scenario.name == "mine");
  CHECK(scenario.guest.end - scenario.guest.begin == 8U << 20U);
  CHECK(scenario.guest.dirty_end < scenario.guest.end);
  CHECK(scenario.source.capabilities == std::vector<std::string>{"postcopy-ram", "multifd"});
  CHECK_FALSE(scenario.source.paused);
  CHECK(scenario.destination.paused);
  CHECK(scenario.destination.parameters.at("multifd-channels") == 2);
  CHECK(scenario.faults == std::vector<std::string>{"drop-pong", "reset-connection,channel=all,on=SIGUSR2"});
  REQUIRE(scenario.steps.size() == 4);
  CHECK(scenario.steps[0]->describe() == "start the migration");
  CHECK(scenario.steps[1]->describe() ==
        "wait until the destination's migration status is active or postcopy-active");
  CHECK(scenario.steps[2]->name == "early");
  const auto& expected = scenario.expectations.front();
  CHECK(expected.verdicts == std::vector<Verdict>{Verdict::lost, Verdict::paused});
  CHECK(expected.when.source.contains({11, 0}));
  CHECK_FALSE(expected.when.source.contains({11, 1}));
  CHECK_FALSE(expected.when.destination.contains({10, 0}));
  CHECK(expected.answers.at("early") == Answer::accepted);
  CHECK(expected.source_ends == std::vector<std::string>{"failed / *"});
  CHECK(expected.destination_ends.size() == 2);
}

TEST_CASE("a broken file is refused with file, line and reason") {
  CHECK(refusal_of("title = \"T\"\nabout = \n").substr(0, 12) == "mine.toml:2:");
  CHECK(refusal_of("about = \"A\"" + tail) == "mine.toml:1: a scenario needs title = \"...\"");
  CHECK(refusal_of(head + "tittle = \"x\"" + tail) ==
        "mine.toml:3: unknown key \"tittle\" in a scenario; did you mean \"title\"?");
  CHECK(refusal_of(head + "[[expect]]\nverdict = \"LOSS\"\nbecause = \"x\"\n") ==
        "mine.toml:4: verdict = \"LOSS\" is not known; did you mean \"LOST\"?");
  CHECK(refusal_of(head + "[[expect]]\nwhen = { source = \"new\" }\nverdict = \"LOST\"\n")
            .find("mine.toml:4: source = \"new\" is not a range of versions") == 0);
  CHECK(refusal_of(head + "[guest]\nmemory = \"1TB\"" + tail) ==
        "mine.toml:4: memory has to be a size such as 4096 or \"16MiB\"");
}

TEST_CASE("a broken step is refused with its line") {
  CHECK(refused_step("{ wait-statsu = \"active\" },") ==
        "mine.toml:5: \"wait-statsu\" is not a step; did you mean \"wait-status\"?");
  CHECK(refused_step("{ wait-status = \"complete\" },") ==
        "mine.toml:5: wait-status = \"complete\" is not known; did you mean \"completed\"?");
  CHECK(refused_step("{ wait-run-state = [\"running\", \"pasued\"] },") ==
        "mine.toml:5: wait-run-state = \"pasued\" is not known; did you mean \"paused\"?");
  CHECK(refused_step("{ kill = \"both\" },").find("mine.toml:5: kill = \"both\" is not known") == 0);
  CHECK(refused_step("{ sleep = -1 },") == "mine.toml:5: sleep has to be seconds, 0 to 3600");
  CHECK(refused_step("{ start = \"recovery\", sid = \"source\" },")
            .find("mine.toml:5: unknown key \"sid\" in a step") == 0);
  CHECK(refused_step("{ check = \"MOVED\" },").find("mine.toml:5: \"MOVED\" is not a verdict") == 0);
}

TEST_CASE("fault rules are refused with their lines, all of them at once") {
  const auto refused = [](const std::string& faults) {
    return refusal_of(head + "[run]\nfaults = " + faults + tail);
  };
  CHECK(refused("'drop-pnog'").find("mine.toml:4: unknown unit \"pnog\" in rule\n") == 0);
  const auto both = refused("[\n  'drop-pong',\n  'drop-pnog',\n  'hold-pong',\n]");
  CHECK(both.find("mine.toml:6: unknown unit \"pnog\" in rule\n") == 0);
  CHECK(both.find("\nmine.toml:7: ") != std::string::npos);
  CHECK(refused("''").find("mine.toml:4: ") == 0);
  CHECK(refused("['drop-pong']") == "taken");
}

TEST_CASE("an answer is expected of a step that there is") {
  CHECK(refusal_of(head + tail + "answers = { early = \"accepted\" }\n") ==
        "mine.toml:7: no step has the name \"early\"");
}

TEST_CASE("a file has expectations for both drivers, and each reads its own") {
  const auto text = head + R"(
[run]
faults = ["drop-pong"]
patience = 3
begin = "precopy"
steps = [
  { cut = "link", name = "cut" },
]
[[expect]]
verdict = "LOST"
answers = { cut = "done" }
because = "it is so."
[libvirt]
migrate = ["--p2p"]
begin = "nothing"
steps = [
  { virsh = "domjobabort migwire", name = "abort" },
]
[[libvirt.expect]]
when = { libvirt = ">=12.0" }
verdict = "HUNG"
answers = { abort = "refused" }
because = "it is so."
)";
  const auto direct = read_scenario(text, "mine.toml");
  REQUIRE(direct.expectations.size() == 1);
  CHECK(direct.expectations.front().verdicts == std::vector{Verdict::lost});
  CHECK(direct.steps.size() == 2);
  CHECK(direct.faults.size() == 2);  // `cut` brought one along
  CHECK(direct.libvirt.migrate.empty());

  const auto through = read_scenario(text, "mine.toml", DriverKind::libvirt);
  REQUIRE(through.expectations.size() == 1);
  CHECK(through.expectations.front().verdicts == std::vector{Verdict::hung});
  CHECK(through.steps.size() == 1);
  CHECK(through.faults == std::vector<std::string>{"drop-pong"});
  CHECK(through.patience == 3);
  CHECK(through.libvirt.migrate == std::vector<std::string>{"--p2p"});
}

TEST_CASE("a mistake in what is said of the other driver is refused, too") {
  const auto expect =
      std::string("[[libvirt.expect]]\nwhen = { libvirt = \"*\" }\nverdict = \"LOST\"\nbecause = \"so.\"\n");
  CHECK(refusal_of(head + "[libvirt]\nmigrat = []" + tail).find("mine.toml:4: unknown key \"migrat\"") == 0);
  CHECK(refusal_of(head + tail + expect + "answers = { early = \"accepted\" }\n") ==
        "mine.toml:11: no step has the name \"early\"");
}

TEST_CASE("a user's scenario needs a title only") {
  const auto scenario = read_scenario("title = \"T\"\n", "mine.toml");
  CHECK_FALSE(scenario.judged);
  REQUIRE(scenario.steps.size() == 2);
  CHECK(scenario.steps[0]->describe() == "start the migration");
  CHECK(scenario.steps[1]->describe().find("switch to postcopy") != std::string::npos);
  CHECK(read_scenario(head + "[[libvirt.expect]]\nverdict = \"LOST\"\n", "mine.toml").judged);
}

TEST_CASE("one file may read two kinds of step") {
  const auto steps = steps_of("{ freeze = \"destination\" }, { thaw = \"destination\", name = \"on\" }");
  CHECK(steps.at(0)->describe() == "stop the destination's QEMU (SIGSTOP)");
  CHECK(steps.at(1)->describe() == "let the destination's QEMU go on (SIGCONT)");
  CHECK(steps.at(1)->name == "on");
  CHECK(refused_step("{ freeze = \"both\" },").find("mine.toml:5: freeze = \"both\" is not known") == 0);
}

TEST_CASE("a feature stands for the versions that have it") {
  const auto scenario = read_scenario(
      "title = \"T\"\nneeds = \"postcopy-device\"\n[[expect]]\nwhen = \"postcopy-multifd\"\nverdict = "
      "\"LOST\"\n",
      "mine.toml");
  CHECK(scenario.needs.source.contains({10, 2}));
  CHECK_FALSE(scenario.needs.source.contains({10, 1}));
  CHECK(scenario.needs.destination.contains({7, 2}));
  CHECK(scenario.needs_because == "older sources send no PING 0x42 and wait for no answer.");
  CHECK(scenario.expectations.front().when.destination.contains({10, 1}));
  CHECK_FALSE(scenario.expectations.front().when.destination.contains({10, 0}));
  CHECK(refusal_of("title = \"T\"\nneeds = \"postcopy-devise\"\n") ==
        "mine.toml:2: \"postcopy-devise\" is not a feature; did you mean \"postcopy-device\"?");
}

TEST_CASE("keys of earlier versions are refused with what is written now") {
  const auto refused = [](const std::string& key) {
    return refusal_of(head + "[[expect]]\n" + key + " = \"x\"\nverdict = \"LOST\"\n");
  };
  CHECK(refused("source") ==
        "mine.toml:4: \"source\" in [[expect]] is now when = { source = \"...\" }, or a feature: when = "
        "\"postcopy-device\"");
  CHECK(refused("through") ==
        "mine.toml:4: \"through\" in [[expect]] is now a block of its own, [[libvirt.expect]]");
  CHECK(refused("source-ends").find("is now ends = { source = ") != std::string::npos);
  CHECK(refused("source-domain").find("is now domains = { source = ") != std::string::npos);
  CHECK(refused_step("{ start = \"migration\" },").find("mine.toml:5: steps begin when the migration") == 0);
  CHECK(refused_step("{ start = \"postcopy\" },").find("begin = \"precopy\" above") != std::string::npos);
}

TEST_CASE("an end is QEMU's words, or how the process ended") {
  const auto refused = [](const std::string& end) {
    return refusal_of(head + "[[expect]]\nverdict = \"LOST\"\nends = { source = \"" + end + "\" }\n");
  };
  CHECK(refused("failed / *") == "taken");
  CHECK(refused("gone: exit code 1") == "taken");
  CHECK(refused("complete / running") ==
        "mine.toml:5: \"complete\" is not known; did you mean \"completed\"?");
  CHECK(refused("failed").find("mine.toml:5: \"failed\" is not an end such as") == 0);
}

TEST_CASE("every scenario that comes with the program says why for each expectation") {
  const auto all = built_in_scenarios();
  CHECK(all.size() >= 40);
  CHECK(std::all_of(all.begin(), all.end(), [](const auto& scenario) { return scenario.judged; }));
  for (const auto& scenario : all)
    for (const auto& expected : scenario.expectations) {
      INFO(scenario.name);
      CHECK(scenario.about.size() > 10);
      CHECK(expected.because.size() > 10);
      const bool one_driver = expected.verdicts.size() == 1 || expected.libvirt.has_value();
      CHECK((one_driver || !expected.flaky.empty()));
    }
  CHECK(find_scenarios({"ci"}).size() >= 8);
}

TEST_CASE("what toml++ only asserts is an error of the file, with its line") {
  CHECK(refusal_of(head + "[=]\n" + tail) == "mine.toml:3: this is not TOML");
}
