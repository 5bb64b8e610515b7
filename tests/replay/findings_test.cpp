// SPDX-License-Identifier: GPL-2.0-or-later
// Where each finding is: the packet and the offset at which somebody finds the bytes themselves.
#include <doctest/doctest.h>

#include "replay/analyses/summary.hpp"
#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;
using std::chrono::milliseconds;

namespace {

std::vector<Finding> of_kind(const SummaryCollector& summary, std::string_view kind) {
  std::vector<Finding> out;
  for (const auto& o : summary.migrations().at(0)->findings) {
    if (o.kind == kind) out.push_back(o);
  }
  return out;
}

void stands_at(const Finding& o, Time time, std::uint64_t packet, Direction direction, std::uint64_t offset) {
  CAPTURE(o.text);
  REQUIRE(o.place);
  CHECK(o.place->time == time);
  CHECK(o.place->packet == packet);
  CHECK(o.place->connection == ConnectionId{0});
  CHECK(o.place->channel == ChannelKind::main);
  CHECK(o.place->direction == direction);
  CHECK(o.place->offset == offset);
}

}  // namespace

TEST_CASE("a PING without PONG stands where the PING is, each of two with one value at its own place") {
  SummaryCollector summary;
  Played play(summary.consumers());
  const auto begin = small_guest();
  play.at(0).connect(0).source(begin);
  play.at(1).destination(R().pong(1));
  play.at(2).source(S().ping(7));
  play.at(3).source(S().ping(7));
  play.at(4).destination(R().pong(7));
  play.end();
  const auto odd = of_kind(summary, "ping-without-pong");
  REQUIRE(odd.size() == 1);
  stands_at(odd[0], milliseconds(3), 5, Direction::forward, begin.size() + S().ping(7).size());
  CHECK(odd[0].text.starts_with("PING 0x7 "));
}

TEST_CASE("missing bytes stand where the first of them would be") {
  SummaryCollector summary;
  Played play(summary.consumers());
  const auto begin = small_guest();
  play.at(0).connect(0).source(begin);
  play.at(5).destination(R().pong(1));
  play.at(6).lost(100);
  play.at(7).source(S().ping(2)).lost(50);
  play.end();
  const auto gaps = of_kind(summary, "capture-gaps");
  REQUIRE(gaps.size() == 1);
  stands_at(gaps[0], milliseconds(6), 4, Direction::forward, begin.size());
  CHECK(gaps[0].text.find("150 bytes") != std::string::npos);
}

TEST_CASE("requests that were never answered stand where the oldest of them is") {
  SummaryCollector summary;
  Played play(summary.consumers());
  play.at(0).connect(0).source(small_guest()).destination(R().pong(1));
  play.at(10).source(S().switchover_start().package(postcopy_package()));
  const auto before = R().pong(3).pong(0x42);
  play.at(20).destination(before);
  play.at(21).destination(R().request("pc.ram", page_at(5)).request("", page_at(6)));
  play.at(30).source(S().section_part(1).page("pc.ram", page_at(6)).eos().footer(1));
  play.end();
  const auto odd = of_kind(summary, "requests-never-answered");
  REQUIRE(odd.size() == 1);
  stands_at(odd[0], milliseconds(21), 6, Direction::return_path, R().pong(1).size() + before.size());
  CHECK(odd[0].text.find("1 page request never answered") != std::string::npos);
}

TEST_CASE("a channel that could not be read on is named as what it turned out to be") {
  SummaryCollector summary;
  Played play(summary.consumers());
  const auto begin = small_guest();
  play.at(0).connect(0).source(begin).destination(R().pong(1));
  play.at(9).source(S().u8(0xee).fill(40, 0xee));
  play.end();
  const auto errors = of_kind(summary, "stream-error");
  REQUIRE(errors.size() == 1);
  stands_at(errors[0], milliseconds(9), 4, Direction::forward, begin.size());
  CHECK(errors[0].text.starts_with("main forward: "));
}
