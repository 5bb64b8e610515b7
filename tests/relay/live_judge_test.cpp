// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy's judge and migreplay are given the same deliveries, those of real migrations: they say the same.
#include <doctest/doctest.h>

#include <filesystem>

#include "proxy/report/judge.hpp"
#include "replay/analyse_file.hpp"
#include "replay/analyses/summary.hpp"

using namespace mig;
namespace fs = std::filesystem;

namespace {

struct Nobody final : proxy::Observer {
  void on(const proxy::RelayEvent&) override {}
};

/// What a proxy that changes nothing would see of a capture: the same on both of its legs.
class Relayed final : public replay::CaptureSink {
 public:
  Relayed(CaptureSink& next, proxy::Observer& observer, When& now)
      : next_(next), observer_(observer), now_(now) {}

  void started(replay::Time time) override { next_.started(time); }
  void comment(std::string_view text, replay::Moment moment) override { next_.comment(text, moment); }
  void opened(ConnectionId id, const replay::ConnectionInfo& info, replay::Moment moment) override {
    next_.opened(id, info, moment);
    whole = whole && info.from_the_start && info.interface.name.find(" leg") == std::string::npos &&
            info.interface.pages_recorded;
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, replay::Moment moment) override {
    now_ = when_of(moment);
    for (const auto side : {proxy::Side::source, proxy::Side::destination})
      observer_.on(proxy::BytesMoved{id, side, direction, bytes});
    next_.data(id, direction, bytes, moment);
  }
  void missing(ConnectionId id, Direction direction, std::uint64_t count, replay::Moment moment) override {
    whole = false;
    next_.missing(id, direction, count, moment);
  }
  void ended(ConnectionId id, Direction from, bool reset, replay::Moment moment) override {
    now_ = when_of(moment);
    for (const auto side : {proxy::Side::source, proxy::Side::destination})
      observer_.on(proxy::LegEnded{id, side, from, reset});
    next_.ended(id, from, reset, moment);
  }
  void stalled(ConnectionId id, Direction direction, const replay::Stall& stall) override {
    whole = whole && !stall.at_the_end;  // a proxy does not see what its peer has not acknowledged
    next_.stalled(id, direction, stall);
  }
  void closed(ConnectionId id, bool reset, replay::Moment moment) override {
    next_.closed(id, reset, moment);
  }

  bool whole = true;  ///< it shows everything, and nothing that a proxy does not see

 private:
  CaptureSink& next_;
  proxy::Observer& observer_;
  When& now_;
};

bool same_side(const SideState& one, const SideState& other) {
  return one.kind == other.kind && one.runs == other.runs && one.reason == other.reason;
}

/// The number of verdicts that were compared.
int compare(const std::string& path) {
  replay::SummaryCollector summary;
  replay::CaptureDecoder decoder(summary.consumers());
  Nobody nobody;
  When now;
  proxy::Judge judge(nobody, [&now] { return now; });
  Relayed relayed(decoder, judge, now);
  std::string warning;
  const auto statistics = replay::read_capture(path, relayed, warning);
  decoder.finish_capture(statistics);
  if (!relayed.whole) return 0;
  now.ns = statistics.last.count();
  int compared = 0;
  for (const auto* migration : summary.migrations()) {
    INFO(path);
    const auto live = judge.verdict(*migration->migration);
    const auto& recorded = migration->verdict;
    CHECK(live.outcome == recorded.outcome);
    CHECK(live.possible == recorded.possible);
    CHECK(same_side(live.source, recorded.source));
    CHECK(same_side(live.destination, recorded.destination));
    ++compared;
  }
  return compared;
}

}  // namespace

TEST_CASE("the live verdict is that of the capture, on every sample that shows all of a link") {
  int compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(MIG_SAMPLES)) {
    const auto name = entry.path().filename().string();
    if (name.find(".pcap") != std::string::npos) compared += compare(entry.path().string());
  }
  CHECK(compared >= 10);
}
