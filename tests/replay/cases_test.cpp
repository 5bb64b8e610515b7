// SPDX-License-Identifier: GPL-2.0-or-later
// Questions from the field, made again with real QEMUs (capture-samples/cases/README.md): what QMP and
// standard error said is the truth.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "replay/analyse_file.hpp"
#include "replay/analyses/nothing_found.hpp"
#include "replay/analyses/summary.hpp"

using namespace mig;
using namespace mig::replay;

namespace {

/// The answer of `migreplay summary` to one capture.
struct Answer {
  explicit Answer(const std::string& name) : analysis(collector.consumers()) {
    std::string warning;
    static_cast<void>(analyse_file(std::string(MIG_SAMPLES) + "/cases/" + name + ".zst", analysis, warning));
  }
  [[nodiscard]] const Verdict& verdict() const { return collector.reported().at(0).verdict; }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const auto& o : collector.reported().at(0).first->findings) out.push_back(o.kind);
    return out;
  }
  SummaryCollector collector{false};
  CaptureDecoder analysis;
};

using Runners = std::vector<Runner>;

}  // namespace

TEST_CASE("a device does not load, and without a return path the source completes: nobody runs the guest") {
  const Answer virtio("virtio-features.pcap");
  CHECK(virtio.verdict().outcome == Outcome::lost);
  CHECK(virtio.verdict().possible == Runners{Runner::nobody});
  // Here the reset came before the last byte: whether the source met it only QMP tells.
  const Answer footer("footer-no-return-path.pcap");
  CHECK(footer.verdict().outcome == Outcome::lost);
  CHECK(footer.verdict().possible == Runners{Runner::nobody, Runner::source});
  CHECK(footer.verdict().next.front() == "do not destroy the source: its memory is the newest");
}

TEST_CASE("cancelled: the source ended it, and the error that the destination reports is the consequence") {
  const Answer cancelled("cancelled.pcap");
  CHECK(cancelled.verdict().outcome == Outcome::recovered);
  CHECK(cancelled.verdict().possible == Runners{Runner::source});
  REQUIRE(cancelled.verdict().evidence.size() >= 2);
  CHECK(cancelled.verdict().evidence.at(0).text == "the source's side closed the connection (FIN)");
  CHECK(cancelled.verdict().evidence.at(1).text == "SHUT with an error");
}

TEST_CASE(
    "postcopy refused by the destination, captured inside VXLAN on the node: the source runs the guest") {
  const Answer refused("vxlan.pcap");
  CHECK(refused.verdict().outcome == Outcome::recovered);
  CHECK(refused.verdict().possible == Runners{Runner::source});
}

TEST_CASE("a destination that does not read hides what the source has handed to its kernel") {
  for (const char* name : {"destination-frozen.pcap", "multifd-destination-only.pcap"}) {
    CAPTURE(std::string(name));
    const Answer answer(name);
    CHECK_FALSE(answer.verdict().certain());
    const auto& possible = answer.verdict().possible;
    CHECK(std::find(possible.begin(), possible.end(), Runner::nobody) !=
          possible.end());  // the truth of both
    const auto kinds = answer.kinds();
    CHECK(std::find(kinds.begin(), kinds.end(), "stall") != kinds.end());
  }
}

TEST_CASE("a capture that ends before the migration does is not certain") {
  CHECK_FALSE(Answer("ends-early.pcap").verdict().certain());
  CHECK_FALSE(Answer("multifd-4-of-2.pcap").verdict().certain());
}

TEST_CASE("without section footers the VM description, or SHUT 0, ends what is not known") {
  const Answer precopy("footers-off-precopy.pcap");  // completed / running on the destination
  CHECK(precopy.verdict().outcome == Outcome::migrated);
  CHECK(precopy.verdict().certain());
  const Answer postcopy("footers-off-postcopy.pcap");
  CHECK(postcopy.verdict().outcome == Outcome::migrated);
  CHECK(postcopy.verdict().certain());
}

TEST_CASE("a background snapshot: the source's guest goes on") {
  const Answer snapshot("background-snapshot.migstream");
  CHECK(snapshot.verdict().possible == Runners{Runner::source});
}

TEST_CASE("where there is no migration, what is there instead is listed") {
  const Answer tls("tls-wrong-name.pcap");
  CHECK(tls.collector.reported().empty());
  CHECK(nothing_found(tls.collector).front().find("TLS") != std::string::npos);
}
