// SPDX-License-Identifier: GPL-2.0-or-later
// Answers from recordings, held against guests: what counts as right, and the table over many runs.
#include <doctest/doctest.h>

#include <sstream>

#include "validate/base/errors.hpp"
#include "validate/report/confusion.hpp"
#include "validate/wire/truth.hpp"

using namespace mig::validate;

namespace {

using Words = std::vector<std::string>;

WireTruth ticking(const char* runner, Words cannot = {}) { return {runner, std::move(cannot), {runner}, {}}; }

WireAnswer answer(const char* outcome, Words possible) { return {outcome, std::move(possible), {"a look"}}; }

CellResult run(const char* verdict, const WireTruth& truth, const WireAnswer& both_legs) {
  CellResult one;
  one.scenario = "drop-pong";
  one.verdict = verdict;
  one.wire = WireProof{truth, {both_legs, both_legs, both_legs}};
  return one;
}

Observations seen_with(Words ticking_sides) {
  Observations seen;
  seen.watched_from = 10, seen.watched_to = 12;
  for (const auto& side : ticking_sides)
    (side == "source" ? seen.source : seen.destination).ticks.push_back({11, 1, 9, 9});
  return seen;
}

}  // namespace

TEST_CASE("an answer is wrong where the one whose guest ticks is not possible") {
  CHECK(held(answer("MIGRATED", {"destination"}), ticking("destination")) == Held::certain);
  CHECK(held(answer("MIGRATED", {"destination"}), ticking("both")) == Held::wrong);
  CHECK(held(answer("LOST", {"nobody", "both"}), ticking("both")) == Held::uncertain);
  CHECK(held(answer("LOST", {"nobody", "source"}), ticking("both")) == Held::wrong);
  CHECK(held({}, ticking("nobody")) == Held::no_answer);
}

TEST_CASE("a side that has ended or refuses `cont` is not the only one, whatever ticks") {
  CHECK(held(answer("RECOVERED", {"source"}), ticking("source", {"source"})) == Held::wrong);
  CHECK(held(answer("RECOVERED", {"source", "nobody"}), ticking("source", {"source"})) == Held::uncertain);
}

TEST_CASE("what no packet shows is excused by the name of its scenario alone") {
  const auto seen = seen_with({});
  CHECK(truth_of(seen, "drop-pong").right == Words{"nobody"});
  const auto stolen = truth_of(seen, "cont-lock-stolen");
  CHECK(stolen.right == Words{"destination", "nobody"});
  CHECK(held(answer("MIGRATED", {"destination"}), stolen) == Held::certain);
  CHECK(held(answer("RECOVERED", {"source"}), stolen) == Held::wrong);
}

TEST_CASE("libvirt's destination waits for `cont`, which no packet shows; one that has ticked does not") {
  auto seen = seen_with({"source"});
  seen.libvirt.emplace();
  CHECK(truth_of(seen, "").right == Words{"source", "both"});
  seen.destination.ticks.push_back({5, 1, 9, 9});
  CHECK(truth_of(seen, "").right == Words{"source"});
  seen.libvirt.reset();
  seen.destination.ticks.clear();
  CHECK(truth_of(seen, "").right == Words{"source"});
}

TEST_CASE("the truth: who ticks in the window, and who has ended or refuses `cont`") {
  CHECK(truth_of(seen_with({"source", "destination"}), "").runner == "both");
  CHECK(truth_of(seen_with({"destination"}), "").runner == "destination");
  auto seen = seen_with({"source"});
  seen.source.ticks.front().at = 9;  // before the window
  CHECK(truth_of(seen, "").runner == "nobody");
  seen.destination.process_end = "exit code 1";
  seen.rescues.push_back({12, Side::source, "cont", false, "Migration is not finalized yet"});
  CHECK(truth_of(seen, "").cannot == Words{"source", "destination"});
}

TEST_CASE("the invariant: wrong, missing, and uncertain without a word of what would decide it") {
  const auto breaks = [](WireTruth truth, WireAnswer one) {
    return broken_by_wire({std::move(truth), {one, answer("X", {"source"}), answer("X", {"source"})}});
  };
  CHECK(breaks(ticking("source"), answer("RECOVERED", {"source"})).empty());
  CHECK(breaks(ticking("source"), answer("LOST", {"nobody", "source"})).empty());
  const auto wrong = breaks(ticking("source"), answer("MIGRATED", {"destination"}));
  REQUIRE(wrong.size() == 1);
  CHECK(wrong.front().name == "wire");
  CHECK(wrong.front().text == "the wire, both legs: MIGRATED (destination); the guest runs on: source");
  CHECK(breaks(ticking("source"), {}).size() == 1);
  CHECK(breaks(ticking("source"), {"LOST", {"nobody", "source"}, {}}).size() == 1);
}

TEST_CASE("TLS hides the stream: nothing is held against it, and it does not count") {
  auto one = run("MIGRATED", ticking("destination"), {});
  one.wire->encrypted = true;
  CHECK(broken_by_wire(*one.wire).empty());
  CHECK(confusion_of({one}, View::both_legs).judged() == 0);
}

TEST_CASE("migreplay's answer is that of the last migration; what is none is refused") {
  const auto last = read_answer(
      R"({"migrations": [{"verdict": {"outcome": "RECOVERED", "possible": ["source"], "would_decide": []}},
                         {"verdict": {"outcome": "LOST", "possible": ["nobody", "source"], "would_decide": ["x"]}}]})");
  CHECK(last.outcome == "LOST");
  CHECK(last.possible == Words{"nobody", "source"});
  CHECK(read_answer(R"({"migrations": []})").outcome.empty());
  CHECK_THROWS_AS((void)read_answer("usage: ..."), CouldNotRun);
  CHECK_THROWS_AS((void)read_answer(R"({"migrations": [{}]})"), CouldNotRun);
}

TEST_CASE("a proof travels through JSON") {
  const auto one = run("LOST", ticking("nobody", {"source"}), answer("LOST", {"nobody", "both"}));
  CHECK(to_json(proof_from(to_json(*one.wire))) == to_json(*one.wire));
}

TEST_CASE("the confusion table counts verdict against verdict, and the share of certain answers") {
  const std::vector<CellResult> results{run("LOST", ticking("nobody"), answer("LOST", {"nobody"})),
                                        run("LOST", ticking("nobody"), answer("PAUSED", {"nobody", "both"})),
                                        run("MIGRATED", ticking("destination"), answer("LOST", {"nobody"})),
                                        run("HUNG", ticking("nobody"), {})};
  const auto table = confusion_of(results, View::source_leg);
  CHECK(table.counts.at("LOST") == std::map<std::string, unsigned>{{"LOST", 1}, {"PAUSED", 1}});
  CHECK(table.counts.at("MIGRATED").at("LOST") == 1);
  CHECK(table.counts.at("HUNG").at("no answer") == 1);
  CHECK(table.certain_share() == doctest::Approx(25));
  std::ostringstream out;
  Terminal terminal(out, false);
  show_confusion(results, terminal);
  CHECK(out.str().find("source leg: 4 runs, 1 wrong, 1 without an answer, 25.0 % certain") !=
        std::string::npos);
}
