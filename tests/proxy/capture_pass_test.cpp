// SPDX-License-Identifier: GPL-2.0-or-later
// Real captures through the engine: without a rule that fits, every byte leaves as it came; with one, the
// rest does.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "proxy/playbook.hpp"
#include "replay/input/capture_reader.hpp"

using namespace mig;
using namespace mig::test;

namespace {

/// Bytes as a count and an FNV-1a hash.
struct Digest {
  std::uint64_t size = 0;
  std::uint64_t hash = 0xcbf29ce484222325;
  void add(Bytes bytes) {
    size += bytes.size();
    for (const auto byte : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// Feeds a capture to a FaultSession as a relay would, and digests what came and what left.
class Through final : public replay::CaptureSink {
 public:
  struct Stream {
    Digest came, left;
  };

  Through(const std::vector<std::string>& rules, std::size_t chunk)
      : session(good_rules(rules)), chunk_(chunk) {}

  void opened(ConnectionId id, const replay::ConnectionInfo&, replay::Moment) override {
    proxy::OutputPlan plan;
    REQUIRE(session.open_connection(plan) == id);
    open_.push_back(true);
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, replay::Moment) override {
    auto& stream = streams[{static_cast<unsigned>(id), static_cast<int>(direction)}];
    stream.came.add(bytes);
    while (!bytes.empty()) {
      const auto n = chunk_ != 0 ? std::min(chunk_, bytes.size()) : bytes.size();
      proxy::OutputPlan plan;
      session.feed(id, direction, bytes.first(n), plan);
      run(std::move(plan), stream);
      bytes = bytes.subspan(n);
    }
  }
  void closed(ConnectionId id, bool reset, replay::Moment) override {
    open_.at(static_cast<std::size_t>(id)) = false;
    for (const auto direction : {Direction::forward, Direction::return_path}) {
      proxy::OutputPlan plan;
      session.end_of_stream(id, direction, plan);
      run(std::move(plan), streams[{static_cast<unsigned>(id), static_cast<int>(direction)}]);
    }
    static_cast<void>(session.closed(id, Direction::forward, reset));
  }
  void missing(ConnectionId, Direction, std::uint64_t, replay::Moment) override { FAIL("a gap in a sample"); }
  /// The capture may end before its connections do.
  void read(const std::string& path) {
    std::string warning;
    static_cast<void>(replay::read_capture(path, *this, warning));
    CHECK(warning.empty());
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (open_[i]) closed(static_cast<ConnectionId>(i), false, {});
  }

  proxy::FaultSession session;
  std::map<std::pair<unsigned, int>, Stream> streams;

 private:
  void run(proxy::OutputPlan plan, Stream& stream) {
    proxy::PlanRunner runner;
    runner.enqueue(std::move(plan));
    const auto deliver = [this](const proxy::Note& note) { static_cast<void>(session.delivered(note)); };
    while (const auto* step = runner.next()) {
      if (const auto* send = std::get_if<proxy::Send>(step)) {
        stream.left.add(send->bytes);
        runner.sent(send->bytes.size(), [&](const proxy::Note& note, std::size_t) { deliver(note); });
      } else {
        if (const auto* note = std::get_if<proxy::Note>(step)) deliver(*note);
        runner.step_done();
      }
    }
  }
  std::size_t chunk_;
  std::vector<bool> open_;
};

const std::vector<std::string> rules_that_fit_nothing{
    "drop-ping,value=0xdeadbeef",     "hold-pong,value=0x99,for=1s",
    "drop-device,name=nowhere",       "flip-page,block=x,at=0,mask=1",
    "duplicate-page-request,block=x", "truncate-multifd-packet,block=x,by=1",
    "drop-page,skip=1000000000",      "delay-section,name=nowhere,for=1s",
    "reset-connection,on=pong:0x99",  "drop-zero-page,phase=failed",
};

}  // namespace

TEST_CASE("every capture leaves bit for bit where no rule fits") {
  for (const auto& file : std::filesystem::directory_iterator(MIG_SAMPLES)) {
    const auto path = file.path().string();
    if (!path.ends_with(".pcap.zst")) continue;
    CAPTURE(path);
    for (const auto chunk : std::array<std::size_t, 2>{0, 1000}) {
      Through through(rules_that_fit_nothing, chunk);
      through.read(path);
      CHECK_FALSE(through.streams.empty());
      for (const auto& entry : through.streams) {
        CAPTURE(entry.first.first);
        CAPTURE(entry.first.second);
        const auto& stream = entry.second;
        CHECK(stream.came.size == stream.left.size);
        CHECK(stream.came == stream.left);
      }
      for (const auto& rule : through.session.rules()) CHECK(rule.fired == 0);
    }
  }
}

TEST_CASE("PING 0x42 taken out of a real package: nine bytes less, and still a stream") {
  Through through({"drop-ping,value=0x42", "drop-pong,value=0x42"}, 0);
  through.read(MIG_SAMPLES "/03-postcopy-11.1-11.1.pcap.zst");
  CHECK(through.session.all_fired());
  const auto& there = through.streams.at({0, 0});
  const auto& back = through.streams.at({0, 1});
  CHECK(there.left.size + 9 == there.came.size);
  CHECK(back.left.size + 8 == back.came.size);
}
