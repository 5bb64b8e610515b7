// SPDX-License-Identifier: GPL-2.0-or-later
// What has ended takes no memory: a health check every second must not fill a machine.
#include <doctest/doctest.h>

#include "proxy/playbook.hpp"

using namespace mig;
using namespace mig::test;

namespace {

void carry_out(proxy::FaultSession& session, const proxy::OutputPlan& plan) {
  for (const auto& step : plan.steps())
    if (const auto* note = std::get_if<proxy::Note>(&step)) static_cast<void>(session.delivered(*note));
}

void feed_whole(proxy::FaultSession& session, ConnectionId id, Direction direction, Bytes bytes) {
  proxy::OutputPlan plan;
  session.feed(id, direction, bytes, plan);
  carry_out(session, plan);
}

}  // namespace

TEST_CASE("nothing is kept for 100,000 connections without a byte") {
  proxy::FaultSession session(good_rules({"drop-pong", "hold-connection,for=1s,until=SIGUSR1,times=all"}));
  for (int i = 0; i < 100'000; ++i) {
    proxy::OutputPlan plan;
    const auto id = session.open_connection(plan);
    static_cast<void>(session.closed(id, Direction::forward, false));
  }
  CHECK(session.retained() == 0);
  CHECK(session.migrations().all().empty());
}

TEST_CASE("of migrations that have ended the summary is kept: holds, reactions and names go") {
  proxy::FaultSession session(
      good_rules({"hold-pong,until=SIGUSR1,value=1", "hold-page-request,times=all,for=1s",
                  "inject-ping,value=0,on=pong:0x42"}));
  for (int i = 0; i < 100; ++i) {
    proxy::OutputPlan plan;
    const auto id = session.open_connection(plan);
    feed_whole(session, id, Direction::forward, postcopy_stream());
    feed_whole(session, id, Direction::return_path, postcopy_return_path());
    CHECK(session.retained() > 1);
    static_cast<void>(session.closed(id, Direction::forward, false));
  }
  CHECK(session.retained() == 0);
  REQUIRE(session.migrations().all().size() == 100);
  for (const auto& migration : session.migrations().all()) {
    CHECK(migration.phase() == Phase::completed);
    CHECK_FALSE(migration.tables().find_block("pc.ram"));
  }
  const auto counts = session.unit_counts();
  const auto pongs =
      std::find_if(counts.begin(), counts.end(), [](const auto& c) { return c.unit == "pong"; });
  REQUIRE(pongs != counts.end());
  CHECK(pongs->count == 500);
}
