// SPDX-License-Identifier: GPL-2.0-or-later
// What held a migration back. Limits that QMP had set are compared in tests/truth.
#include "replay/analyses/speed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "replay/analyses/why_slow.hpp"
#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;

namespace {

S pages_from(std::uint64_t first, std::uint64_t count) {
  auto out = S().section_part(1);
  for (auto i = first; i < first + count; ++i) out.page("pc.ram", page_at(i));
  return out.eos().footer(1);
}

struct SlowAnswer {
  std::optional<RateLimit> limit;
  std::vector<Advice> advice;
  [[nodiscard]] const Advice* of(std::string_view kind) const {
    const auto at = std::find_if(advice.begin(), advice.end(), [&](const auto& a) { return a.kind == kind; });
    return at != advice.end() ? &*at : nullptr;
  }
};

/// Precopy of sections at these milliseconds, each of 50 pages: 2 MB/s where they are 100 ms apart.
SlowAnswer sections_at(const std::vector<double>& times) {
  SummaryCollector summary;
  Played play(summary.consumers());
  play.at(0).connect(0).source(small_guest()).destination(R().pong(1));
  std::uint64_t first = 0;
  for (const auto ms : times) play.at(ms).source(pages_from(first++ % 8, 50));
  play.end();
  const auto& m = *summary.migrations().at(0);
  return {summary.analyses().get<SpeedAnalysis>().limit(*m.migration, SpeedAnalysis::precopy),
          why_slow(m, summary.analyses())};
}

}  // namespace

TEST_CASE("bursts every 100 ms with nothing between are a limit, and the parameter is named") {
  const auto answer = sections_at({1, 100, 201, 300, 402});
  REQUIRE(answer.limit);
  CHECK(answer.limit->at_most >= 2.05e6);
  CHECK(answer.limit->at_most <= 2.2e6);
  CHECK(answer.limit->at_least <= 0.8e6);  // a write of 32 pages may have come on top
  const auto* advice = answer.of("rate-limit");
  REQUIRE(advice != nullptr);
  CHECK(advice->estimate);
  CHECK(std::string_view(advice->look_at.at(0)) == "max-bandwidth");
}

TEST_CASE("a steady flow, bursts at other times, and few of them are no limit") {
  std::vector<double> steady;
  for (double ms = 1; ms < 500; ms += 5) steady.push_back(ms);
  CHECK_FALSE(sections_at(steady).limit);
  CHECK_FALSE(sections_at({1, 60, 230, 270, 500, 540, 800}).limit);
  CHECK_FALSE(sections_at({1, 100}).limit);
}

TEST_CASE("the dirty rate against what was sent says whether precopy converges") {
  // Each pass of 64 pages takes 200 ms, and sends 4 pages again or all of them.
  const auto passes = [](std::uint64_t again) {
    SummaryCollector summary;
    Played play(summary.consumers());
    play.at(0).connect(0).source(small_guest()).destination(R().pong(1));
    play.at(1).source(pages_from(0, 32));
    play.at(100).source(pages_from(32, 32));
    play.at(200).source(pages_from(0, again));
    play.at(300).source(pages_from(0, 1));
    play.end();
    SlowAnswer answer{{}, why_slow(*summary.migrations().at(0), summary.analyses())};
    return answer;
  };
  const auto few = passes(4);
  REQUIRE(few.of("converges") != nullptr);
  CHECK(few.of("converges")->text.starts_with("pass "));
  CHECK(passes(64).of("does-not-converge") == nullptr);
}

TEST_CASE("page requests that wait for the next burst name postcopy-preempt") {
  SummaryCollector summary;
  Played play(summary.consumers());
  play.at(0).connect(0).source(small_guest()).destination(R().pong(1));
  play.at(10).source(S().switchover_start().package(postcopy_package()));
  play.at(20).destination(R().pong(3).pong(0x42));
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto ms = 30 + 100.0 * static_cast<double>(i);
    play.at(ms + 10).destination(R().request("pc.ram", page_at(i)));
    play.at(ms + 100).source(pages_from(i, 1));
  }
  play.end();
  const SlowAnswer answer{{}, why_slow(*summary.migrations().at(0), summary.analyses())};
  const auto* waits = answer.of("requests-wait-for-bursts");
  REQUIRE(waits != nullptr);
  CHECK(waits->text.find("90 ms") != std::string::npos);
  CHECK(std::string_view(waits->look_at.at(0)) == "postcopy-preempt");
}
