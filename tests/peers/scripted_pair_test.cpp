// SPDX-License-Identifier: GPL-2.0-or-later
// The two scripted peers against each other, in one process.
#include <filesystem>

#include "peer_bench.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

using namespace mig::test;

namespace {

struct Pair {
  asio::io_context io;
  Host from{io, "running"};
  Host to{io, "inmigrate"};
  ScriptedSource source{io, from.memory, from.guest, from.state};
  ScriptedDestination destination{io, to.memory, to.guest, to.state};

  Pair() {
    from.guest.boot();
    from.guest.run();
  }
  [[nodiscard]] bool is(const Host& host, PeerStatus status) {
    return run_until(io, [&] { return host.state.status == status; });
  }
  void migrate(const std::string& uri) {
    source.set_rates({8U << 20U, 32U << 20U});
    source.migrate(uri);
    REQUIRE(is(from, PeerStatus::active));
    run_for(io, 0.2);
    REQUIRE(source.start_postcopy());
  }
  void expect_migrated() {
    CHECK(is(from, PeerStatus::completed));
    CHECK(is(to, PeerStatus::completed));
    CHECK(from.history == "setup active device postcopy-device postcopy-active completed ");
    CHECK(to.history == "setup active postcopy-device postcopy-active completed ");
    CHECK(from.state.run_state == "postmigrate");
    CHECK(to.state.run_state == "running");
    CHECK_FALSE(from.guest.running());
    REQUIRE(run_until(io, [&] { return to.ticks.size() > 3; }));
    CHECK(to.ticks.front() == from.ticks.back() + 1);
    CHECK(from.state.error.empty());
    CHECK(to.state.error.empty());
  }
};

}  // namespace

TEST_CASE("over TCP the guest goes on at the destination, with all its memory") {
  Pair pair;
  pair.migrate(tcp_uri(port_of(pair.destination.listen("tcp:127.0.0.1:0"))));
  pair.expect_migrated();
  const auto handed_over = pair.from.ticks.back();
  for (std::uint32_t page = 0; page < ScriptedMemory::pages; ++page) {
    REQUIRE(pair.to.memory.present(page));
    const auto written = pair.to.memory.written(page);
    const bool same_or_later = written == pair.from.memory.written(page) || written > handed_over;
    REQUIRE(same_or_later);
  }
}

TEST_CASE("over a unix socket, too") {
  const TempDir dir;
  Pair pair;
  const auto uri = "unix:" + (dir.path() / "migration").string();
  CHECK(port_of(pair.destination.listen(uri)) == 0);
  pair.migrate(uri);
  pair.expect_migrated();
}

TEST_CASE("a destination that waits runs when it is told to") {
  Pair pair;
  pair.destination.start_paused();
  pair.migrate(tcp_uri(port_of(pair.destination.listen("tcp:127.0.0.1:0"))));
  REQUIRE(pair.is(pair.to, PeerStatus::completed));
  CHECK(pair.to.state.run_state == "paused");
  CHECK(pair.to.ticks.empty());
  pair.destination.allow_run();
  CHECK(run_until(pair.io, [&] { return !pair.to.ticks.empty(); }));
}

TEST_CASE("an address nobody listens on fails the migration, and the guest runs on") {
  Pair pair;
  asio::ip::tcp::acceptor closed(pair.io, {asio::ip::make_address("127.0.0.1"), 0});
  const auto port = closed.local_endpoint().port();
  closed.close();
  pair.source.migrate(tcp_uri(port));
  CHECK(pair.is(pair.from, PeerStatus::failed));
  CHECK(pair.from.history == "setup failing failed ");
  CHECK(pair.from.guest.running());
}

TEST_CASE("addresses of other kinds are refused in words") {
  CHECK_THROWS_AS((void)endpoint_of("exec:cat"), CouldNotRun);
  CHECK_THROWS_AS((void)endpoint_of("tcp:127.0.0.1:70000"), CouldNotRun);
  CHECK_THROWS_AS((void)endpoint_of("tcp:localhost"), CouldNotRun);
}
