// SPDX-License-Identifier: GPL-2.0-or-later
// Without a rule nobody can tell that there is a relay.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "relay_fixture.hpp"

using namespace mig::proxy;
using namespace mig::proxy::test;

namespace {

/// A relay and one connection through it.
struct Relayed {
  explicit Relayed(const std::string& listen = "127.0.0.1:0", const std::string& connect = "127.0.0.1:0",
                   int buffers = 0)
      : listener(connect, 128, buffers),
        relay(listener.address(), listen),
        source(connect_to(relay.address(), buffers)),
        destination(listener.accept()) {}
  PeerListener listener;
  RelayFixture relay;
  Peer source;
  Peer destination;
};

void watch_both(bool watched) {
  reset_script();
  script().watched = {watched, watched};
}

void exchange_random(Relayed& line) {
  const std::string there = random_bytes(5'000'000, 1);
  const std::string back = random_bytes(3'000'000, 2);
  std::thread from_source([&] {
    line.source.send(there);
    line.source.end_sending();
  });
  std::thread from_destination([&] {
    line.destination.send(back);
    line.destination.end_sending();
  });
  std::string got_back;
  std::thread to_source([&] { got_back = line.source.receive_all(); });
  const std::string got_there = line.destination.receive_all();
  from_source.join();
  from_destination.join();
  to_source.join();
  CHECK(std::hash<std::string>{}(got_there) == std::hash<std::string>{}(there));
  CHECK(std::hash<std::string>{}(got_back) == std::hash<std::string>{}(back));
  CHECK(got_there == there);
  CHECK(got_back == back);
}

}  // namespace

TEST_CASE("random bytes pass both ways at once") {
  for (const bool watched : {false, true}) {
    CAPTURE(watched);
    watch_both(watched);
    Relayed line;
    exchange_random(line);
    REQUIRE(line.relay.recorder.wait_for("closed 0 orderly forward"));
    // What observers are told of each leg is what passed over it.
    for (const Side side : {Side::source, Side::destination}) {
      CHECK(line.relay.recorder.moved(0, side, mig::Direction::forward) == random_bytes(5'000'000, 1));
      CHECK(line.relay.recorder.moved(0, side, mig::Direction::return_path) == random_bytes(3'000'000, 2));
    }
    for (const char* end :
         {"source forward", "destination forward", "source return-path", "destination return-path"})
      CHECK(line.relay.recorder.wait_for(std::string("ended 0 ") + end));
  }
}

TEST_CASE("IPv6 and unix sockets on either side") {
  const std::string folder = scratch_folder();
  watch_both(false);
  SUBCASE("IPv6") {
    Relayed line("[::1]:0", "[::1]:0");
    exchange_random(line);
  }
  SUBCASE("unix to unix") {
    Relayed line("unix:" + folder + "/a.sock", "unix:" + folder + "/b.sock");
    exchange_random(line);
  }
  SUBCASE("unix to TCP") {
    Relayed line("unix:" + folder + "/c.sock", "127.0.0.1:0");
    exchange_random(line);
  }
  SUBCASE("all interfaces") {
    reset_script();
    PeerListener listener;
    RelayFixture relay(listener.address(), ":0");
    const std::string port = relay.address().substr(relay.address().rfind(':'));
    Peer source = connect_to("127.0.0.1" + port);
    source.send("x");
    CHECK(listener.accept().receive(1) == "x");
  }
}

TEST_CASE("half-close: one direction ends, the other goes on") {
  for (const bool watched : {false, true}) {
    CAPTURE(watched);
    watch_both(watched);
    Relayed line;
    line.source.send("last words");
    line.source.end_sending();
    CHECK(line.destination.receive_all() == "last words");
    line.destination.send("an answer");
    CHECK(line.source.receive(9) == "an answer");
    CHECK(line.source.is_silent(50));
    line.destination.end_sending();
    CHECK(line.source.wait_for_end() == 0);
    CHECK(line.relay.recorder.wait_for("closed 0 orderly forward"));
  }
}

TEST_CASE("half-close the other way") {
  watch_both(false);
  Relayed line;
  line.destination.end_sending();
  CHECK(line.source.wait_for_end() == 0);
  line.source.send("goes on");
  CHECK(line.destination.receive(7) == "goes on");
}

TEST_CASE("a reset is passed on as a reset, both ways") {
  watch_both(false);
  SUBCASE("source") {
    Relayed line;
    line.source.send("abc");
    CHECK(line.destination.receive(3) == "abc");
    line.source.reset();
    CHECK(line.destination.wait_for_end() == ECONNRESET);
    CHECK(line.relay.recorder.wait_for("closed 0 reset forward"));
  }
  SUBCASE("destination") {
    Relayed line;
    line.destination.reset();
    CHECK(line.source.wait_for_end() == ECONNRESET);
    CHECK(line.relay.recorder.wait_for("closed 0 reset return-path"));
  }
  SUBCASE("after an end of stream in that direction") {
    Relayed line;
    line.source.end_sending();
    CHECK(line.destination.receive_all().empty());
    line.source.reset();
    // An end of stream that was passed on stays one: only a write can tell that the source has gone.
    CHECK(line.relay.recorder.wait_for("closed 0 reset forward"));
  }
}

TEST_CASE("what a peer said before its reset arrives although writing to it failed first") {
  watch_both(false);
  Relayed line;
  line.source.send(std::string(4096, 'p'));
  CHECK(line.destination.receive(1) == "p");
  // While the relay stands still, so that it finds all three at once, the source's bytes first.
  line.relay.on_relay([&](Relay&) {
    line.source.send("more");
    line.destination.send("shut");
    line.destination.close();  // with unread bytes: the kernel sends a reset
  });
  CHECK(line.source.receive(4) == "shut");
  CHECK(line.source.wait_for_end() == ECONNRESET);
}

TEST_CASE("a refused destination gives the source a reset") {
  watch_both(false);
  RelayFixture relay(dead_address());
  Peer source = connect_to(relay.address());
  CHECK(source.wait_for_end() == ECONNRESET);
  CHECK(relay.recorder.wait_for("refused 0"));
  CHECK(relay.recorder.wait_for("closed 0 reset return-path"));
}

TEST_CASE("a reset is noticed while this direction's write is blocked") {
  watch_both(false);
  Relayed line("127.0.0.1:0", "127.0.0.1:0", 16384);
  SUBCASE("of the sender") {
    (void)line.source.push(64u << 20);
    line.source.reset();
    CHECK(line.relay.recorder.wait_for("closed 0 reset forward"));
    CHECK(line.destination.wait_for_end() == ECONNRESET);
  }
  SUBCASE("of the receiver") {
    (void)line.source.push(64u << 20);
    line.destination.reset();
    CHECK(line.relay.recorder.wait_for("closed 0 reset return-path"));
    CHECK(line.source.wait_for_end() == ECONNRESET);
  }
}

TEST_CASE("a slow reader slows the sender: what the relay takes in is bounded") {
  watch_both(false);
  Relayed line("127.0.0.1:0", "127.0.0.1:0", 16384);
  const std::size_t pushed = line.source.push(64u << 20);
  Traffic traffic;
  line.relay.on_relay([&](Relay& relay) { traffic = relay.traffic(); });
  CHECK(pushed < 32u << 20);  // the kernel's buffers; they may grow on a connection
  CHECK(traffic.received[0] - traffic.sent[0] <= Lane::buffer_size);
  CHECK(line.destination.receive(pushed) == std::string(pushed, 'x'));
}

TEST_CASE("64 connections at once reach the destination in the order they came") {
  watch_both(false);
  PeerListener listener;
  RelayFixture relay(listener.address());
  std::vector<Peer> sources;
  for (int i = 0; i < 64; ++i) {
    sources.push_back(connect_to(relay.address()));
    sources.back().send(std::string(1, static_cast<char>(i)));
  }
  for (int i = 0; i < 64; ++i) {
    Peer destination = listener.accept();
    CHECK(destination.receive(1)[0] == i);
    destination.send(std::string(1, static_cast<char>(i)));
    CHECK(sources[static_cast<std::size_t>(i)].receive(1)[0] == i);
    destination.end_sending();
    sources[static_cast<std::size_t>(i)].end_sending();
  }
  CHECK(relay.recorder.wait_for("closed 63 orderly forward"));
}

TEST_CASE("a unix destination whose queue is full gets its connections later") {
  watch_both(false);
  PeerListener listener("unix:" + scratch_folder() + "/small.sock", 1);
  RelayFixture relay(listener.address());
  std::vector<Peer> sources;
  for (int i = 0; i < 12; ++i) {
    sources.push_back(connect_to(relay.address()));
    sources.back().send(std::string(1, static_cast<char>(i)));
  }
  REQUIRE(relay.recorder.wait_for("opened 11"));
  CHECK(listener.nobody_comes(0) == false);
  const auto lines = relay.recorder.lines();
  CHECK(std::count(lines.begin(), lines.end(), "connected 11") == 0);
  for (int i = 0; i < 12; ++i) CHECK(listener.accept().receive(1)[0] == i);
}

TEST_CASE("a connection that is silent for long passes its first bytes at once") {
  watch_both(false);
  Relayed line;
  CHECK(line.destination.is_silent(300));
  line.source.send("12345678");
  CHECK(line.destination.receive(8) == "12345678");
  line.source.send("9");
  CHECK(line.destination.receive(1) == "9");
}

TEST_CASE("a peer that closes a unix socket ends the other leg") {
  watch_both(false);
  const std::string folder = scratch_folder();
  Relayed line("unix:" + folder + "/x.sock", "unix:" + folder + "/y.sock");
  line.source.send("bye");
  line.source.close();
  CHECK(line.destination.receive_all() == "bye");
  line.destination.end_sending();
  CHECK(line.relay.recorder.wait_for("closed 0 orderly forward"));
}

TEST_CASE("listening: a port in use, a stale unix socket, a path that is no socket") {
  watch_both(false);
  boost::asio::io_context context;
  const std::string folder = scratch_folder();
  PeerListener taken;
  CHECK_THROWS_WITH_AS(Listener(context, mig::parse_address(taken.address())),
                       doctest::Contains("another program has this port"), std::runtime_error);
  const std::string path = folder + "/stale.sock";
  { PeerListener stale("unix:" + path); }
  REQUIRE(std::filesystem::exists(path));
  {
    Listener listener(context, mig::parse_address("unix:" + path));
    CHECK(listener.name() == "unix:" + path);
    CHECK_THROWS_WITH_AS(Listener(context, mig::parse_address("unix:" + path)),
                         doctest::Contains("somebody listens on it"), std::runtime_error);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  std::ofstream(folder + "/file") << "x";
  CHECK_THROWS_WITH_AS(Listener(context, mig::parse_address("unix:" + folder + "/file")),
                       doctest::Contains("is no socket"), std::runtime_error);
  CHECK(std::filesystem::exists(folder + "/file"));
}
