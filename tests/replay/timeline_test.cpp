// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/timeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "replay/analyses/guest_away.hpp"
#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;
using std::chrono::milliseconds;

namespace {

std::vector<std::string> words(const Timeline& t) {
  std::vector<std::string> out;
  for (const auto& m : t.marks) {
    if (m.what != "phase" && m.what != "notice") out.push_back(m.what);
  }
  return out;
}

const Mark& mark(const Timeline& t, std::string_view what, std::size_t which = 0) {
  for (const auto& m : t.marks) {
    if (m.what == what && which-- == 0) return m;
  }
  FAIL("no such mark: " << what);
  return t.marks.front();
}

}  // namespace

TEST_CASE("the switchover of a postcopy migration, in order and with its times") {
  TimelineAnalysis collector;
  Played play({&collector});
  play.at(0).connect(0).source(small_guest());
  play.at(5).destination(R().pong(1));
  play.at(10).source(S().section_part(1).page("pc.ram", 0).page("", 4096).eos().footer(1));
  play.at(20).source(S().switchover_start().discard("pc.ram", {{0, 4096}}));
  play.at(21).source(S().discard("pc.ram", {{8192, 8192}}).ping(2));
  play.at(30).source(S().package(postcopy_package()));
  play.at(35).destination(R().request("pc.ram", 0));
  play.at(44).destination(R().pong(2).pong(3).pong(0x42).request("", 4096));
  play.at(50).source(
      S().section_part(1).page("pc.ram", 4096).eos().footer(1).section_end(1).eos().footer(1).eof());
  play.at(60).destination(R().shut());
  play.end();
  const auto& t = *collector.migrations().at(0);
  CHECK(words(t) == std::vector<std::string>{"connected",
                                             "open-return-path",
                                             "ping",
                                             "advise",
                                             "pong",
                                             "first-page",
                                             "last-precopy-page",
                                             "switchover-start",
                                             "discard",
                                             "ping",
                                             "package",
                                             "listen",
                                             "device",
                                             "device",
                                             "device",
                                             "ping",
                                             "ping",
                                             "run",
                                             "first-request",
                                             "pong",
                                             "pong",
                                             "pong",
                                             "first-request-after-load",
                                             "first-postcopy-page",
                                             "section",
                                             "eof",
                                             "shut"});
  CHECK(mark(t, "last-precopy-page").time == milliseconds(10));
  CHECK(mark(t, "discard").bytes == 4096 + 8192);
  CHECK(mark(t, "discard").end == milliseconds(21));
  CHECK(mark(t, "pong", 3).since_ping == milliseconds(14));
  CHECK(mark(t, "device").bytes == S().device(6, "apic").size());
  CHECK(t.stopped.not_before == milliseconds(10));
  CHECK(t.stopped.not_after == milliseconds(20));
  CHECK(t.runs.not_before == milliseconds(30));
  CHECK(t.runs.not_after == milliseconds(60));
  const auto away = guest_away(t, t);
  CHECK(away.at_least == milliseconds(10));
  CHECK(away.at_most == milliseconds(50));
  // The first request since the devices are loaded came in one packet with the PONG; the request of 35 ms did
  // not.
  REQUIRE(away.estimate);
  CHECK(away.estimate->from == milliseconds(15));
  CHECK(away.estimate->to == milliseconds(24));
}

TEST_CASE("a migration that breaks before the switchover hands nothing over") {
  TimelineAnalysis collector;
  Played play({&collector});
  play.at(0).connect(0).source(small_guest());
  play.at(10).source(S().section_part(1).page("pc.ram", 0).eos().footer(1)).at(20).breaks();
  play.end();
  const auto& t = *collector.migrations().at(0);
  CHECK_FALSE(guest_away(t, t).at_least);
  CHECK(guest_away(t, t).text().empty());
  CHECK(words(t).back() == "reset");
}

TEST_CASE("marks are bounded") {
  TimelineAnalysis collector;
  Played play({&collector});
  play.at(0).connect(0).source(small_guest());
  S pings;
  for (std::uint32_t i = 0; i < Timeline::max_marks + 10; ++i) pings.ping(i);
  play.source(pings).end();
  const auto& t = *collector.migrations().at(0);
  CHECK(t.marks.size() == Timeline::max_marks);
  CHECK(t.left_out >= 10);
}
