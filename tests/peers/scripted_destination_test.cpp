// SPDX-License-Identifier: GPL-2.0-or-later
// What the scripted destination answers to good and damaged streams.
#include <algorithm>

#include "peer_bench.hpp"

using namespace mig::test;
using mig::CommandType;

namespace {

constexpr std::uint64_t ram_bytes = std::uint64_t{ScriptedMemory::pages} * 4096;

struct DestinationBench {
  asio::io_context io;
  Host host{io, "inmigrate"};
  ScriptedDestination destination{io, host.memory, host.guest, host.state};
  std::optional<RawPeer> source;
  StreamWriter out;

  DestinationBench() {
    const auto port = port_of(destination.listen("tcp:127.0.0.1:0"));
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    source.emplace(io, std::move(socket));
    out.file_header("pc-i440fx-11.1");
    out.command(CommandType::open_return_path);
    out.ping(1);
    out.postcopy_advise(4096);
    out.ram_start(1, {{ScriptedMemory::block, ram_bytes}});
    out.footer(1);
  }
  void send() { source->send(out.take()); }
  [[nodiscard]] bool is(PeerStatus status) {
    return run_until(io, [&] { return host.state.status == status; });
  }
  void expect_answer(const std::vector<Buffer>& messages) {
    Buffer all;
    for (const auto& message : messages) all.insert(all.end(), message.begin(), message.end());
    CHECK(source->wait_for(all.size()));
    CHECK(source->received() == all);
  }
};

/// LISTEN, the devices as `change` leaves them, PING 3, PING 0x42, RUN.
template <typename Change>
Buffer package(Change change) {
  StreamWriter inner;
  inner.command(CommandType::postcopy_listen);
  for (auto device : scripted_devices()) {
    change(device);
    inner.device(device.section, device.name, device.version, Buffer(device.size, std::byte{1}));
  }
  inner.ping(3);
  inner.ping(0x42);
  inner.command(CommandType::postcopy_run);
  return inner.take();
}
Buffer good_package() {
  return package([](ScriptedDevice&) {});
}

}  // namespace

TEST_CASE("PONGs come when their PINGs are processed: 4 before the package is loaded") {
  DestinationBench setup;
  setup.out.ping(2);
  setup.out.package(good_package());
  setup.out.ping(4);
  setup.send();
  CHECK(setup.is(PeerStatus::postcopy_active));
  setup.expect_answer(
      {pong_message(1), pong_message(2), pong_message(4), pong_message(3), pong_message(0x42)});
  CHECK(setup.host.history == "setup active postcopy-device postcopy-active ");
  CHECK(setup.host.guest.running());
}

TEST_CASE("nothing of a package is carried out before all of it is there") {
  DestinationBench setup;
  const auto inner = good_package();
  setup.out.package(inner);
  auto bytes = setup.out.take();
  const auto last = bytes.back();
  bytes.pop_back();
  setup.source->send(bytes);
  run_for(setup.io, 0.15);
  CHECK(setup.host.state.status == PeerStatus::active);
  setup.source->send({last});
  CHECK(setup.is(PeerStatus::postcopy_active));
}

TEST_CASE("a page that is missing is asked for, by name once, and the guest stands until it comes") {
  DestinationBench setup;
  setup.out.discard(ScriptedMemory::block, {{0, ram_bytes}});
  setup.out.package(good_package());
  setup.send();
  REQUIRE(setup.is(PeerStatus::postcopy_active));
  const std::size_t pongs = 3 * 8;  // 1, 3, 0x42
  const auto named = page_request_message(ScriptedMemory::block, 0, 4096).size();
  REQUIRE(setup.source->wait_for(pongs + named));
  run_for(setup.io, 0.2);
  CHECK(setup.source->received().size() == pongs + named);
  CHECK(setup.host.ticks.empty());
  const auto page = static_cast<std::uint32_t>(
      mig::load_be64(mig::Bytes(setup.source->received()).subspan(pongs + 4)) / 4096);
  setup.host.memory.write(page, 7);  // only to have its content
  setup.out.section_part(1);
  setup.out.page(ScriptedMemory::block, std::uint64_t{page} * 4096, setup.host.memory.content(page));
  setup.out.ram_eos();
  setup.send();
  CHECK(setup.source->wait_for(pongs + named + page_request_message("", 0, 4096).size()));
}

TEST_CASE("a package that cannot be loaded is refused with SHUT 1, and the guest never runs") {
  DestinationBench setup;
  std::string error;
  SUBCASE("a version that is not known") {
    setup.out.package(package([](ScriptedDevice& d) { d.version += d.name == "serial" ? 9U : 0U; }));
    error = "unsupported version 12 of 'serial', known is 3";
  }
  SUBCASE("a device that is not known") {
    setup.out.package(package([](ScriptedDevice& d) { d.name = d.name == "serial" ? "parallel" : d.name; }));
    error = "unknown device 'parallel'";
  }
  SUBCASE("less state than the device has") {
    setup.out.package(package([](ScriptedDevice& d) { d.size -= d.name == "serial" ? 1U : 0U; }));
    error = "'serial' has 59 bytes of state, not 60";
  }
  setup.send();
  CHECK(setup.is(PeerStatus::failed));
  CHECK(setup.host.state.error == error);
  setup.expect_answer({pong_message(1), shut_message(1)});
  CHECK(run_until(setup.io, [&] { return setup.source->ended(); }));
  CHECK_FALSE(setup.host.guest.running());
}

TEST_CASE("a link that breaks before RUN fails the migration, after it pauses it and the guest runs on") {
  DestinationBench setup;
  bool before = false;
  SUBCASE("before") { before = true; }
  SUBCASE("after") { setup.out.package(good_package()); }
  setup.send();
  REQUIRE(setup.is(before ? PeerStatus::active : PeerStatus::postcopy_active));
  setup.source->reset();
  CHECK(setup.is(before ? PeerStatus::failed : PeerStatus::postcopy_paused));
  CHECK(setup.host.guest.running() == !before);
}

TEST_CASE("a stream that cannot be read is refused with its offset") {
  DestinationBench setup;
  setup.out.command(static_cast<CommandType>(77));
  setup.send();
  CHECK(setup.is(PeerStatus::failed));
  CHECK(setup.host.state.error.find("cannot be read at offset ") != std::string::npos);
}

TEST_CASE("the end of the stream completes, and SHUT 0 says so") {
  DestinationBench setup;
  setup.out.package(good_package());
  setup.out.section_end(1);
  setup.out.ram_eos();
  setup.out.footer(1);
  setup.out.end_of_stream();
  setup.send();
  CHECK(setup.is(PeerStatus::completed));
  setup.expect_answer({pong_message(1), pong_message(3), pong_message(0x42), shut_message(0)});
}
