// SPDX-License-Identifier: GPL-2.0-or-later
#include "truth/observe.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "replay/analyses/summary_json.hpp"
#include "replay/capture_decoder.hpp"
#include "replay/input/compressed_file.hpp"

namespace mig::test {
namespace {

using namespace mig::replay;

/// Every byte of every direction belongs to exactly one event.
class Tiling final : public Consumer {
 public:
  void event(const EventContext& context, const Event& event, Bytes raw) override {
    auto& next = next_[{context.connection, context.direction}];
    if (event.range.begin != next || event.range.size() != raw.size()) FAIL("events do not tile the stream");
    next = event.range.end;
  }
  std::uint64_t covered(ConnectionId id, Direction d) { return next_[{id, d}]; }

 private:
  std::map<std::pair<ConnectionId, Direction>, std::uint64_t> next_;
};

/// Cuts what a capture holds into pieces on its way to the analysis, and checks what is held.
class Cutter final : public CaptureSink {
 public:
  Cutter(CaptureDecoder& a, std::size_t chunk) : analysis_(a), chunk_(chunk) {}
  void started(Time time) override { analysis_.started(time); }
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override {
    analysis_.opened(id, info, moment);
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, Moment moment) override {
    fed[{id, direction}] += bytes.size();
    while (!bytes.empty()) {
      const auto n = chunk_ != 0 ? std::min(chunk_, bytes.size()) : bytes.size();
      analysis_.data(id, direction, bytes.first(n), moment);
      bytes = bytes.subspan(n);
      if (held(id, direction) > HeldBytes::capacity) FAIL("more than a header is held");
    }
  }
  void missing(ConnectionId, Direction, std::uint64_t, Moment) override { FAIL("the samples are complete"); }
  void closed(ConnectionId id, bool reset, Moment moment) override { analysis_.closed(id, reset, moment); }
  std::size_t held(ConnectionId id, Direction d) const {
    return analysis_.connections().at(static_cast<std::size_t>(id)).held(d).size();
  }
  std::map<std::pair<ConnectionId, Direction>, std::uint64_t> fed;

 private:
  CaptureDecoder& analysis_;
  std::size_t chunk_;
};

void feed_stream_file(const std::string& path, Cutter& cutter) {
  const auto packed = open_packed(path);
  std::vector<std::byte> buffer(1U << 16);
  cutter.opened(ConnectionId{0}, {}, {});
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), packed.file.get())) > 0;) {
    cutter.data(ConnectionId{0}, Direction::forward, Bytes(buffer).first(n), {});
  }
  cutter.closed(ConnectionId{0}, false, {});
}

}  // namespace

boost::json::object observe(const std::string& path, std::size_t chunk) {
  Tiling tiling;
  SummaryCollector summary;
  auto consumers = summary.consumers();
  consumers.push_back(&tiling);
  CaptureDecoder analysis(consumers);
  Cutter cutter(analysis, chunk);
  if (path.find(".migstream") != std::string::npos) {
    feed_stream_file(path, cutter);
  } else {
    std::string warning;
    static_cast<void>(read_capture(path, cutter, warning));
    CHECK(warning.empty());
  }
  analysis.finish({});
  for (const auto& [way, bytes] : cutter.fed) {
    CHECK(tiling.covered(way.first, way.second) + cutter.held(way.first, way.second) == bytes);
  }
  return to_json(summary);
}

}  // namespace mig::test
