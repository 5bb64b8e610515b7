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
  SourceBench setup;
  setup.send_all();
  run_for(setup.io, 0.3);
  CHECK(setup.host.state.status == PeerStatus::postcopy_device);
  const std::string begin =
      "file-header,configuration,open-return-path,ping value=0x1,advise,section,ram-blocks,";
  const auto units = setup.units();
  CHECK(units.substr(0, begin.size()) == begin);
  CHECK(units.find("switchover-start,discard,ping value=0x2,package,listen,section,footer,") !=
        std::string::npos);
  CHECK(units.find("ping value=0x3 in_package,ping value=0x42 in_package,run,ping value=0x4,") !=
        std::string::npos);
  CHECK(units.find("eof") == std::string::npos);
  // The last record's mark is out, its footer waits in the buffer.
  CHECK(units.substr(units.size() - 8) == "ram-eos,");
  CHECK_FALSE(setup.host.guest.running());
}

TEST_CASE("other PONGs do not end postcopy-device, 0x42 does, and SHUT 0 completes") {
  SourceBench setup;
  setup.send_all();
  for (const unsigned value : {1U, 2U, 4U, 3U}) setup.peer->send(pong_message(value));
  run_for(setup.io, 0.1);
  CHECK(setup.host.state.status == PeerStatus::postcopy_device);
  setup.peer->send(pong_message(0x42));
  CHECK(setup.is(PeerStatus::postcopy_active));
  run_for(setup.io, 0.1);
  const auto units = setup.units();
  CHECK(units.substr(units.size() - 11) == "footer,eof,");
  CHECK(setup.host.state.status == PeerStatus::postcopy_active);
  setup.peer->send(shut_message(0));
  CHECK(setup.is(PeerStatus::completed));
  CHECK(setup.host.state.run_state == "postmigrate");
}

TEST_CASE("a link that breaks in postcopy-device gives the guest back to the source") {
  SourceBench setup;
  setup.send_all();
  setup.peer->reset();
  CHECK(setup.is(PeerStatus::failed));
  CHECK(setup.host.history == "setup active device postcopy-device failing failed ");
  CHECK(setup.host.state.run_state == "running");
  CHECK(setup.host.guest.running());
}

TEST_CASE("a destination that reports an error in postcopy-device does the same") {
  SourceBench setup;
  setup.send_all();
  setup.peer->send(shut_message(1));
  CHECK(setup.is(PeerStatus::failed));
  CHECK(setup.host.state.error == "Sibling indicated error 1");
  CHECK(setup.host.guest.running());
}

TEST_CASE("a link that breaks in postcopy-active pauses the migration, and the guest stays away") {
  SourceBench setup;
  setup.source.set_rates({64U << 20U, 1U << 20U});
  REQUIRE(setup.source.start_postcopy());
  REQUIRE(setup.is(PeerStatus::postcopy_device));
  setup.peer->send(pong_message(0x42));
  REQUIRE(setup.is(PeerStatus::postcopy_active));
  REQUIRE(setup.source.remaining() != 0);
  setup.peer->reset();
  CHECK(setup.is(PeerStatus::postcopy_paused));
  CHECK_FALSE(setup.host.guest.running());
  CHECK(setup.host.state.run_state == "finish-migrate");
}

TEST_CASE("a return path that ends between the end of the stream and SHUT makes the source resume") {
  SourceBench setup;
  setup.hand_over();
  setup.peer->close();
  CHECK(setup.is(PeerStatus::failed));
  CHECK(setup.host.guest.running());
}

TEST_CASE("a requested page is sent ahead of its turn") {
  SourceBench setup;
  setup.source.set_rates({64U << 20U, 1U << 20U});
  REQUIRE(setup.source.start_postcopy());
  REQUIRE(setup.is(PeerStatus::postcopy_device));
  std::uint32_t page = ScriptedMemory::pages - 1;
  while (!setup.host.memory.dirty(page)) --page;
  setup.peer->send(page_request_message(ScriptedMemory::block, std::uint64_t{page} * 4096, 4096));
  CHECK(run_until(
      setup.io, [&] { return !setup.host.memory.dirty(page); }, 1));
  CHECK(setup.source.remaining() != 0);
}

TEST_CASE("postcopy cannot be started where no migration is active") {
  asio::io_context io;
  Host host(io, "running");
  ScriptedSource source(io, host.memory, host.guest, host.state);
  CHECK_FALSE(source.start_postcopy());
}
