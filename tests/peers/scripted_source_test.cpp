// SPDX-License-Identifier: GPL-2.0-or-later
// What the scripted source does when the other side answers, keeps silent, or goes away.
#include "mig/describe.hpp"
#include "mig/forward_parser.hpp"
#include "peer_bench.hpp"

using namespace mig::test;

namespace {

/// Unit names of a stream in order, repetition told once.
class UnitNames final : public mig::EventSink {
 public:
  explicit UnitNames(mig::StreamTables& tables) : tables_(tables) {}
  void on_event(const mig::Event& event, mig::Bytes) override {
    if (!mig::starts_unit(event.body)) return;
    auto text = mig::describe_unit(event, tables_);
    text = text.substr(0, text.find(text.compare(0, 4, "ping") == 0 ? '\n' : ' '));
    if (text == last_) return;
    last_ = text;
    names += text + ",";
  }
  std::string names;

 private:
  mig::StreamTables& tables_;
  std::string last_;
};

struct SourceBench {
  asio::io_context io;
  Host host{io, "running"};
  ScriptedSource source{io, host.memory, host.guest, host.state};
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::make_address("127.0.0.1"), 0}};
  std::optional<RawPeer> peer;

  SourceBench() {
    host.guest.boot();
    host.guest.run();
    source.set_rates({64U << 20U, 0});
    source.migrate(tcp_uri(acceptor.local_endpoint().port()));
    acceptor.async_accept([this](const boost::system::error_code& failed, asio::ip::tcp::socket socket) {
      if (!failed) peer.emplace(io, std::move(socket));
    });
    REQUIRE(is(PeerStatus::active));
  }
  [[nodiscard]] bool is(PeerStatus status) {
    return run_until(io, [&] { return host.state.status == status; });
  }
  void send_all() {
    REQUIRE(source.start_postcopy());
    REQUIRE(is(PeerStatus::postcopy_device));
    REQUIRE(run_until(io, [&] { return source.remaining() == 0; }));
    run_for(io, 0.1);
  }
  void hand_over() {
    send_all();
    peer->send(pong_message(0x42));
    REQUIRE(is(PeerStatus::postcopy_active));
    REQUIRE(run_until(io, [&] { return peer->received().back() == std::byte{0}; }));
    run_for(io, 0.05);
  }
  [[nodiscard]] std::string units() const {
    mig::StreamTables tables;
    mig::ForwardParser parser(tables);
    UnitNames names(tables);
    const auto error = parser.feed(peer->received(), names);
    CHECK_FALSE(error);
    return names.names;
  }
};

}  // namespace

TEST_CASE("the stream has QEMU's order, and does not end before PONG 0x42") {
  SourceBench bench;
  bench.send_all();
  run_for(bench.io, 0.3);
  CHECK(bench.host.state.status == PeerStatus::postcopy_device);
  const std::string begin =
      "file-header,configuration,open-return-path,ping value=0x1,advise,section,ram-blocks,";
  const auto units = bench.units();
  CHECK(units.substr(0, begin.size()) == begin);
  CHECK(units.find("switchover-start,discard,ping value=0x2,package,listen,section,footer,") !=
        std::string::npos);
  CHECK(units.find("ping value=0x3 in_package,ping value=0x42 in_package,run,ping value=0x4,") !=
        std::string::npos);
  CHECK(units.find("eof") == std::string::npos);
  // The last record's mark is out, its footer waits in the buffer.
  CHECK(units.substr(units.size() - 8) == "ram-eos,");
  CHECK_FALSE(bench.host.guest.running());
}

TEST_CASE("other PONGs do not end postcopy-device, 0x42 does, and SHUT 0 completes") {
  SourceBench bench;
  bench.send_all();
  for (const unsigned value : {1U, 2U, 4U, 3U}) bench.peer->send(pong_message(value));
  run_for(bench.io, 0.1);
  CHECK(bench.host.state.status == PeerStatus::postcopy_device);
  bench.peer->send(pong_message(0x42));
  CHECK(bench.is(PeerStatus::postcopy_active));
  run_for(bench.io, 0.1);
  const auto units = bench.units();
  CHECK(units.substr(units.size() - 11) == "footer,eof,");
  CHECK(bench.host.state.status == PeerStatus::postcopy_active);
  bench.peer->send(shut_message(0));
  CHECK(bench.is(PeerStatus::completed));
  CHECK(bench.host.state.run_state == "postmigrate");
}

TEST_CASE("a link that breaks in postcopy-device gives the guest back to the source") {
  SourceBench bench;
  bench.send_all();
  bench.peer->reset();
  CHECK(bench.is(PeerStatus::failed));
  CHECK(bench.host.history == "setup active device postcopy-device failing failed ");
  CHECK(bench.host.state.run_state == "running");
  CHECK(bench.host.guest.running());
}

TEST_CASE("a destination that reports an error in postcopy-device does the same") {
  SourceBench bench;
  bench.send_all();
  bench.peer->send(shut_message(1));
  CHECK(bench.is(PeerStatus::failed));
  CHECK(bench.host.state.error == "Sibling indicated error 1");
  CHECK(bench.host.guest.running());
}

TEST_CASE("a link that breaks in postcopy-active pauses the migration, and the guest stays away") {
  SourceBench bench;
  bench.source.set_rates({64U << 20U, 1U << 20U});
  REQUIRE(bench.source.start_postcopy());
  REQUIRE(bench.is(PeerStatus::postcopy_device));
  bench.peer->send(pong_message(0x42));
  REQUIRE(bench.is(PeerStatus::postcopy_active));
  REQUIRE(bench.source.remaining() != 0);
  bench.peer->reset();
  CHECK(bench.is(PeerStatus::postcopy_paused));
  CHECK_FALSE(bench.host.guest.running());
  CHECK(bench.host.state.run_state == "finish-migrate");
}

TEST_CASE("a return path that ends between the end of the stream and SHUT makes the source resume") {
  SourceBench bench;
  bench.hand_over();
  bench.peer->close();
  CHECK(bench.is(PeerStatus::failed));
  CHECK(bench.host.guest.running());
}

TEST_CASE("a requested page is sent ahead of its turn") {
  SourceBench bench;
  bench.source.set_rates({64U << 20U, 1U << 20U});
  REQUIRE(bench.source.start_postcopy());
  REQUIRE(bench.is(PeerStatus::postcopy_device));
  std::uint32_t page = ScriptedMemory::pages - 1;
  while (!bench.host.memory.dirty(page)) --page;
  bench.peer->send(page_request_message(ScriptedMemory::block, std::uint64_t{page} * 4096, 4096));
  CHECK(run_until(
      bench.io, [&] { return !bench.host.memory.dirty(page); }, 1));
  CHECK(bench.source.remaining() != 0);
}

TEST_CASE("postcopy cannot be started where no migration is active") {
  asio::io_context io;
  Host host(io, "running");
  ScriptedSource source(io, host.memory, host.guest, host.state);
  CHECK_FALSE(source.start_postcopy());
}
