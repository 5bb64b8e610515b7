// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/compare.hpp"

#include <doctest/doctest.h>

#include "validate/matrix/result.hpp"
#include "validate/report/write_reports.hpp"

using namespace mig::validate;

namespace {

struct Case {
  Expectation expected;
  Observations seen;
  Judgement judgement;

  Case() {
    expected.verdicts = {Verdict::recovered};
    judgement.verdict = Verdict::recovered;
    seen.source.status = "failed";
    seen.source.run_state = "running";
    seen.destination.process_end = "exit code 1";
  }
  [[nodiscard]] std::vector<std::string> found() const { return differences(expected, seen, judgement); }
};

CellResult result(const char* verdict, Outcome outcome, int repeat = 1) {
  CellResult one;
  one.scenario = "drop-pong";
  one.source = one.destination = "11.1";
  one.verdict = verdict;
  one.expected = "UNFINISHED";
  one.outcome = outcome;
  one.repeat = repeat;
  one.differences =
      outcome == Outcome::unexpected ? std::vector<std::string>{"a < b"} : std::vector<std::string>{};
  return one;
}

}  // namespace

TEST_CASE("what is as expected has no differences") {
  Case one;
  one.expected.source_ends = {"failed / *"};
  one.expected.destination_ends = {"failed / inmigrate", "gone: exit code *"};
  CHECK(one.found().empty());
}

TEST_CASE("each difference is a sentence") {
  Case one;
  one.judgement.verdict = Verdict::lost;
  one.expected.source_ends = {"completed / *"};
  one.expected.source_statuses = {"active", "postcopy-device"};
  one.seen.source.changes = {{1, StateChange::Kind::status, "active"}};
  one.seen.steps = {{1, "", "wait", "in vain", "", false}};
  one.judgement.broken = {{"crash", "it crashed"}, {"memory", "damaged"}};
  one.expected.may_break = {"memory"};
  one.expected.breaks = {"ticks"};
  CHECK(one.found() ==
        std::vector<std::string>{"the verdict was expected to be RECOVERED, and is LOST",
                                 "the source was expected to end completed / *, and ended failed / running",
                                 "the source was expected to go through postcopy-device, and did not",
                                 "wait: in vain", "it crashed",
                                 "the invariant \"ticks\" was expected to break, and held"});
}

TEST_CASE("an expectation may change what a named step has to answer") {
  Case one;
  one.seen.steps = {{1, "early", "cont", "refused", "no", false}};
  CHECK(one.found().size() == 1);
  one.expected.answers["early"] = "refused";
  CHECK(one.found().empty());
}

TEST_CASE("repeats that do not agree are flaky, all of them, and never green") {
  std::vector<CellResult> results{result("UNFINISHED", Outcome::as_expected),
                                  result("LOST", Outcome::unexpected, 2),
                                  result("UNFINISHED", Outcome::as_expected, 3)};
  mark_flaky(results);
  for (const auto& one : results) CHECK(one.outcome == Outcome::flaky);
  CHECK(exit_code_of(results) == 1);
}

TEST_CASE("exit codes: a difference goes before what could not be run") {
  CHECK(exit_code_of({result("UNFINISHED", Outcome::as_expected)}) == 0);
  CHECK(exit_code_of({result("", Outcome::not_applicable)}) == 0);
  CHECK(exit_code_of({result("", Outcome::not_run)}) == 4);
  CHECK(exit_code_of({result("", Outcome::not_run), result("LOST", Outcome::unexpected)}) == 1);
}

TEST_CASE("a result travels through JSON") {
  auto one = result("LOST", Outcome::unexpected, 2);
  one.evidence = {"source: gone"};
  one.files["source.stderr"] = "x";
  const auto back = result_from(to_json(one));
  CHECK(to_json(back) == to_json(one));
  CHECK(back.outcome == Outcome::unexpected);
}

TEST_CASE("JUnit: a failure with its reasons, escaped") {
  const auto xml = junit_of({result("LOST", Outcome::unexpected), result("", Outcome::not_run)});
  CHECK(xml.find("tests=\"2\" failures=\"1\" errors=\"1\" skipped=\"0\"") != std::string::npos);
  CHECK(xml.find("<failure message=\"LOST, expected UNFINISHED\">a &lt; b&#10;</failure>") !=
        std::string::npos);
}

TEST_CASE("nothing a log says ends the page's script") {
  auto one = result("LOST", Outcome::unexpected);
  one.title = "</script><script>alert(1)</script>";
  const auto page = html_of({one});
  CHECK(page.find("<\\/script><script>alert(1)<\\/script>") != std::string::npos);
  CHECK(page.find("</script><script>alert") == std::string::npos);
}
