// SPDX-License-Identifier: GPL-2.0-or-later
// Results of many runs: flaky or not, exit status, JSON, JUnit, the page and its recordings.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "validate/base/files.hpp"
#include "validate/base/packing.hpp"
#include "validate/report/recordings.hpp"
#include "validate/report/write_reports.hpp"

using namespace mig::validate;

namespace {

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

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("repeats that do not agree are flaky, all of them, and never green") {
  std::vector<CellResult> results{result("UNFINISHED", Outcome::as_expected),
                                  result("LOST", Outcome::unexpected, 2),
                                  result("UNFINISHED", Outcome::as_expected, 3)};
  mark_flaky(results);
  for (const auto& one : results) CHECK(one.outcome == Outcome::flaky);
  CHECK(exit_code_of(results) == 1);
}

TEST_CASE("repeats that differ are fine only where the scenario says why, and each is as expected") {
  std::vector<CellResult> results{result("UNFINISHED", Outcome::as_expected),
                                  result("LOST", Outcome::as_expected, 2)};
  for (auto& one : results) one.flaky = "a race";
  auto one_unexpected = results;
  one_unexpected.back().outcome = Outcome::unexpected;
  mark_flaky(results);
  for (const auto& one : results) CHECK(one.outcome == Outcome::as_expected);
  CHECK(foreseen_flaky(results) ==
        std::vector<std::string>{"drop-pong  11.1 -> 11.1  LOST, UNFINISHED: a race"});
  CHECK(foreseen_flaky(one_unexpected).empty());
  mark_flaky(one_unexpected);
  for (const auto& one : one_unexpected) CHECK(one.outcome == Outcome::flaky);
}

TEST_CASE("repeats of one cell are not compared with another cell's") {
  std::vector<CellResult> results{result("UNFINISHED", Outcome::as_expected),
                                  result("LOST", Outcome::as_expected)};
  results.back().destination = "7.2";
  mark_flaky(results);
  for (const auto& one : results) CHECK(one.outcome == Outcome::as_expected);
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

TEST_CASE("few recordings travel in the page, many stand beside it") {
  const TempDir dir;
  const auto bytes = std::string("a recording \xff") + '\0' + " of some bytes";
  auto one = result("LOST", Outcome::unexpected);
  one.source = "/opt/qemu x";
  one.files["source.stderr"] = "x";
  one.files["migration.pcapng.zst"] = base64(bytes);
  std::vector<CellResult> results{one};
  put_recordings_aside(results, dir.path() / "report.html", 1000);
  CHECK(results.front().files == one.files);
  put_recordings_aside(results, dir.path() / "report.html", 10);
  CHECK(results.front().files.at("source.stderr") == "x");
  const std::string where(results.front().files.at("migration.pcapng.zst").at("beside").as_string());
  CHECK(where == "report.files/drop-pong-_opt_qemu_x-11.1-migration.pcapng.zst");
  CHECK(content(dir.path() / where) == bytes);
}

TEST_CASE("base64 there and back, whatever the length") {
  std::string bytes;
  for (int i = 0; i < 260; ++i) {
    CHECK(from_base64(base64(bytes)) == bytes);
    bytes += static_cast<char>(i * 7);
  }
  CHECK(base64("any carnal pleas") == "YW55IGNhcm5hbCBwbGVhcw==");  // RFC 4648's kind of example
}
