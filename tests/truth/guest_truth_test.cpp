// SPDX-License-Identifier: GPL-2.0-or-later
// When the guests really stopped and ran, by QEMU's own events, against what migreplay says of it from the
// wire.
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "mig/history/verdict.hpp"
#include "replay/analyse_file.hpp"
#include "replay/analyses/guest_away.hpp"
#include "replay/analyses/summary.hpp"
#include "replay/analyses/timeline.hpp"
#include "truth/observe.hpp"

namespace json = boost::json;
using namespace mig;
using namespace mig::replay;
using mig::test::sample;

namespace {

/// Seconds since the epoch of an event of one side; nullopt: there was none.
std::optional<double> happened(const json::object& truth, std::string_view side, std::string_view event) {
  for (const auto& e : truth.at("qmp_migration_events").as_array()) {
    if (e.at(1).as_string() == side && e.at(2).as_string() == event)
      return truth.at("t0").as_double() + e.at(0).as_double();
  }
  return std::nullopt;
}

/// NAME.srcleg.pcap.zst, NAME.dstleg.pcap.zst and NAME.pcap.zst have one truth.
json::object truth_of(std::string capture) {
  for (const char* end : {".pcap", ".srcleg", ".dstleg"}) capture = capture.substr(0, capture.find(end));
  std::ifstream file(sample(capture + ".truth.json"));
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).as_object();
}

double epoch(Time time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

TEST_CASE("the guest stopped and ran between the bounds that the timeline gives") {
  int stops = 0, starts = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MIG_SAMPLES)) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".pcap.zst")) continue;
    CAPTURE(name);
    TimelineAnalysis collector;
    CaptureDecoder analysis({&collector});
    std::string warning;
    static_cast<void>(analyse_file(entry.path().string(), analysis, warning));
    REQUIRE(collector.migrations().size() == 1);
    const auto& t = *collector.migrations().front();
    const auto truth = truth_of(name);
    const auto stop = happened(truth, "src", "STOP"), run = happened(truth, "dst", "RESUME");
    REQUIRE(stop);
    CHECK(t.stopped.not_before.has_value() == (name.find("multifd") == std::string::npos));
    if (t.stopped.not_before) CHECK(epoch(*t.stopped.not_before) <= *stop);
    CHECK(epoch(*t.stopped.not_after) >= *stop);
    ++stops;
    if (!run) continue;
    REQUIRE(t.runs.not_before);
    CHECK(epoch(*t.runs.not_before) <= *run);
    if (t.runs.not_after) CHECK(epoch(*t.runs.not_after) >= *run);
    const auto away = guest_away(t, t);
    CHECK(epoch(*away.at_least) <= *run - *stop);
    if (away.at_most) CHECK(epoch(*away.at_most) >= *run - *stop);
    REQUIRE(away.estimate);
    CHECK(epoch(away.estimate->from) <= *run - *stop);
    if (t.start_signs.request || t.start_signs.finished)
      CHECK(epoch(away.estimate->to) + 0.0015 >=
            *run - *stop);  // the guest stops up to 1.4 ms before it shows
    ++starts;
  }
  CHECK(stops == 12);
  CHECK(starts == 10);
}

TEST_CASE("the verdict at the end of a capture is what became of the guests") {
  struct Case {
    const char* name;
    Outcome outcome;
    std::vector<Runner> possible;
  };
  using R = Runner;
  for (const auto& c : {
           Case{"01-precopy-11.1-11.1.pcap.zst", Outcome::migrated, {R::destination}},
           Case{"03-postcopy-11.1-11.1.pcap.zst", Outcome::migrated, {R::destination}},
           Case{"05-postcopy-11.1-7.2.pcap.zst", Outcome::migrated, {R::destination}},
           Case{"07-postcopy-preempt-11.1-11.1.pcap.zst", Outcome::migrated, {R::destination}},
           Case{"08-multifd2-none-11.1-11.1.pcap.zst", Outcome::migrated, {R::destination}},
           Case{"11a-postcopy-pause-recover-11.1-11.1.pcap.zst", Outcome::migrated, {R::destination}},
           Case{"12-postcopy-devfail-11.1-11.1.srcleg.pcap.zst", Outcome::recovered, {R::source}},
           // A file that holds the guest does not say whether its source went on.
           Case{"18a-file-stream-11.1-11.1.migstream.zst", Outcome::paused, {R::nobody, R::source}},
       }) {
    CAPTURE(c.name);
    SummaryCollector collector(false);
    CaptureDecoder analysis(collector.consumers());
    std::string warning;
    static_cast<void>(analyse_file(sample(c.name), analysis, warning));
    const auto& v = collector.reported().at(0).verdict;
    CHECK(v.outcome == c.outcome);
    CHECK(v.possible == c.possible);
    CHECK(v.certain() == (c.possible.size() == 1));
    CHECK(v.would_decide.empty() == v.certain());
  }
}

TEST_CASE("bytes by kind are all bytes of all channels") {
  for (const auto& entry : std::filesystem::directory_iterator(MIG_SAMPLES)) {
    const auto path = entry.path().string();
    if (!path.ends_with(".zst")) continue;
    CAPTURE(path);
    SummaryCollector collector(false);
    CaptureDecoder analysis(collector.consumers());
    std::string warning;
    static_cast<void>(analyse_file(path, analysis, warning));
    const auto& m = *collector.migrations().at(0);
    std::uint64_t sum = m.sum(&ChannelSummary::unfinished);
    for (const auto n : m.bytes) sum += n;
    CHECK(sum == m.sum(&ChannelSummary::bytes));
  }
}
