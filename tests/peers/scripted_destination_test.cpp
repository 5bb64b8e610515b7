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
  DestinationBench bench;
  bench.out.ping(2);
  bench.out.package(good_package());
  bench.out.ping(4);
  bench.send();
  CHECK(bench.is(PeerStatus::postcopy_active));
  bench.expect_answer(
      {pong_message(1), pong_message(2), pong_message(4), pong_message(3), pong_message(0x42)});
  CHECK(bench.host.history == "setup active postcopy-device postcopy-active ");
  CHECK(bench.host.guest.running());
}

TEST_CASE("nothing of a package is carried out before all of it is there") {
  DestinationBench bench;
  const auto inner = good_package();
  bench.out.package(inner);
  auto bytes = bench.out.take();
  const auto last = bytes.back();
  bytes.pop_back();
  bench.source->send(bytes);
  run_for(bench.io, 0.15);
  CHECK(bench.host.state.status == PeerStatus::active);
  bench.source->send({last});
  CHECK(bench.is(PeerStatus::postcopy_active));
}

TEST_CASE("a page that is missing is asked for, by name once, and the guest stands until it comes") {
  DestinationBench bench;
  bench.out.discard(ScriptedMemory::block, {{0, ram_bytes}});
  bench.out.package(good_package());
  bench.send();
  REQUIRE(bench.is(PeerStatus::postcopy_active));
  const std::size_t pongs = 3 * 8;  // 1, 3, 0x42
  const auto named = page_request_message(ScriptedMemory::block, 0, 4096).size();
  REQUIRE(bench.source->wait_for(pongs + named));
  run_for(bench.io, 0.2);
  CHECK(bench.source->received().size() == pongs + named);
  CHECK(bench.host.ticks.empty());
  const auto page = static_cast<std::uint32_t>(
      mig::load_be64(mig::Bytes(bench.source->received()).subspan(pongs + 4)) / 4096);
  bench.host.memory.write(page, 7);  // only to have its content
  bench.out.section_part(1);
  bench.out.page(ScriptedMemory::block, std::uint64_t{page} * 4096, bench.host.memory.content(page));
  bench.out.ram_eos();
  bench.send();
  CHECK(bench.source->wait_for(pongs + named + page_request_message("", 0, 4096).size()));
}

TEST_CASE("a package that cannot be loaded is refused with SHUT 1, and the guest never runs") {
  DestinationBench bench;
  std::string error;
  SUBCASE("a version that is not known") {
    bench.out.package(package([](ScriptedDevice& d) { d.version += d.name == "serial" ? 9U : 0U; }));
    error = "unsupported version 12 of 'serial', known is 3";
  }
  SUBCASE("a device that is not known") {
    bench.out.package(package([](ScriptedDevice& d) { d.name = d.name == "serial" ? "parallel" : d.name; }));
    error = "unknown device 'parallel'";
  }
  SUBCASE("less state than the device has") {
    bench.out.package(package([](ScriptedDevice& d) { d.size -= d.name == "serial" ? 1U : 0U; }));
    error = "'serial' has 59 bytes of state, not 60";
  }
  bench.send();
  CHECK(bench.is(PeerStatus::failed));
  CHECK(bench.host.state.error == error);
  bench.expect_answer({pong_message(1), shut_message(1)});
  CHECK(run_until(bench.io, [&] { return bench.source->ended(); }));
  CHECK_FALSE(bench.host.guest.running());
}

TEST_CASE("a link that breaks before RUN fails the migration, after it pauses it and the guest runs on") {
  DestinationBench bench;
  bool before = false;
  SUBCASE("before") { before = true; }
  SUBCASE("after") { bench.out.package(good_package()); }
  bench.send();
  REQUIRE(bench.is(before ? PeerStatus::active : PeerStatus::postcopy_active));
  bench.source->reset();
  CHECK(bench.is(before ? PeerStatus::failed : PeerStatus::postcopy_paused));
  CHECK(bench.host.guest.running() == !before);
}

TEST_CASE("a stream that cannot be read is refused with its offset") {
  DestinationBench bench;
  bench.out.command(static_cast<CommandType>(77));
  bench.send();
  CHECK(bench.is(PeerStatus::failed));
  CHECK(bench.host.state.error.find("cannot be read at offset ") != std::string::npos);
}

TEST_CASE("the end of the stream completes, and SHUT 0 says so") {
  DestinationBench bench;
  bench.out.package(good_package());
  bench.out.section_end(1);
  bench.out.ram_eos();
  bench.out.footer(1);
  bench.out.end_of_stream();
  bench.send();
  CHECK(bench.is(PeerStatus::completed));
  bench.expect_answer({pong_message(1), pong_message(3), pong_message(0x42), shut_message(0)});
}
