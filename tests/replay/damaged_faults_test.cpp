// SPDX-License-Identifier: GPL-2.0-or-later
// Page faults on either side of a gap.
#include <doctest/doctest.h>

#include <array>
#include <filesystem>

#include "replay/analyse_file.hpp"
#include "replay/analyses/faults.hpp"
#include "replay/damaged.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;

TEST_CASE("requests and pages on either side of a gap are paired by their times") {
  // With every answer to the requests there, losing packets of the main channel's pages must change no
  // latency.
  const auto whole = frames_of("07-postcopy-preempt-11.1-11.1.pcap.zst");
  const auto faults = [](const Frames& frames) {
    write_pcap(temporary_pcap(), frames);
    FaultAnalysis collector;
    CaptureDecoder analysis({&collector});
    std::string warning;
    static_cast<void>(analyse_file(temporary_pcap(), analysis, warning));
    std::filesystem::remove(temporary_pcap());
    REQUIRE(collector.migrations().size() == 1);
    const auto& all = collector.migrations().front()->all;
    return std::array<std::uint64_t, 4>{all.requests, all.answered, all.already_sent,
                                        static_cast<std::uint64_t>(all.last_byte.percentile(0.5).count())};
  };
  const auto truth = faults(whole);
  CHECK(truth[0] == 864);
  CHECK(truth[2] == 0);
  Frames rest;
  std::uint64_t lost = 0, requests = 0;
  for (const auto& frame : whole) {
    const auto s = segment_of(frame);
    const bool request = s && s->source.port == 4444 && s->payload.size() == 16;
    if (request && ++requests % 40 == 0) {
      ++lost;
    } else {
      rest.push_back(frame);
    }
  }
  REQUIRE(lost > 10);
  const auto told = faults(rest);
  CHECK(told[0] <= 864 - lost);
  CHECK(told[0] >= 864 - 4 * lost);
  CHECK(told[1] == told[0]);
  CHECK(told[2] == 0);
  CHECK(told[3] == truth[3]);
}
