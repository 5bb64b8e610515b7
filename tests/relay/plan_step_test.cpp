// SPDX-License-Identifier: GPL-2.0-or-later
// Every step of a plan, carried out on real sockets.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "relay_fixture.hpp"
#include "support/stream_builder.hpp"

using namespace mig::proxy;
using namespace mig::proxy::test;
using mig::Bytes;
using mig::ConnectionId;
using mig::Direction;
using std::chrono::milliseconds;

namespace {

constexpr auto fwd = Direction::forward;

struct Planned {
  Planned()
      : relay(listener.address()), source(connect_to(relay.address())), destination(listener.accept()) {}
  PeerListener listener;
  RelayFixture relay;
  Peer source;
  Peer destination;
};

/// `plan` is what the first chunk of the forward direction leads to; later ones are forwarded.
void on_first_chunk(std::function<void(Bytes, OutputPlan&)> plan) {
  reset_script();
  script().on_feed = [plan = std::move(plan), first = true](ConnectionId, Direction direction, Bytes chunk,
                                                            OutputPlan& out) mutable {
    if (direction == fwd && std::exchange(first, false)) return plan(chunk, out);
    out.forward(chunk);
  };
}

void close_after_three(CloseHow how) {
  on_first_chunk([how](Bytes chunk, OutputPlan& plan) {
    plan.forward(chunk.first(3));
    plan.add(Close{how});
  });
}

Note a_note() {
  return {{{0, 3}, mig::Ping{1, false}}, ConnectionId{0}, fwd, Decision::forwarded, {}, true, 0};
}

OutputPlan plan_of(const Step& step) {
  OutputPlan plan;
  plan.add(step);
  return plan;
}

}  // namespace

TEST_CASE("sends, copies and notes leave in order") {
  on_first_chunk([](Bytes chunk, OutputPlan& plan) {
    plan.forward(chunk.first(2));
    plan.add(a_note());
    plan.send_copy(mig::as_bytes("--"));
    plan.add(a_note());
    plan.forward(chunk.subspan(2));
    for (int i = 0; i < 100; ++i) plan.send_copy(mig::as_bytes("."));  // more than one gathered write
    plan.add(a_note());
  });
  Planned line;
  line.source.send("abcdef");
  CHECK(line.destination.receive(108) == "ab--cdef" + std::string(100, '.'));
  line.source.send("next");
  CHECK(line.destination.receive(4) == "next");
  for (const char* note : {"unit 0 after 2", "unit 0 after 4", "unit 0 after 108"})
    CHECK(line.relay.recorder.wait_for(note));
}

TEST_CASE("watched only: sends of the plan are ignored, notes are not") {
  reset_script();
  script().watched = {true, true};
  script().on_feed = [](ConnectionId, Direction, Bytes, OutputPlan& plan) {
    plan.send_copy(mig::as_bytes("wrong"));
    plan.add(a_note());
    plan.add(Close{CloseHow::reset});
  };
  Planned line;
  line.source.send("right");
  CHECK(line.relay.recorder.wait_for("unit 0 after 3"));
  line.source.send("!");
  CHECK(line.destination.receive(6) == "right!");
}

TEST_CASE("a pause holds back what is behind it, and nothing of the other direction") {
  on_first_chunk([](Bytes chunk, OutputPlan& plan) {
    plan.forward(chunk.first(1));
    plan.add(Pause{milliseconds(1000)});  // long, for a machine that is busy with other things
    plan.forward(chunk.subspan(1));
  });
  Planned line;
  line.source.send("123");
  CHECK(line.destination.receive(1) == "1");
  line.destination.send("back");
  CHECK(line.source.receive(4) == "back");
  CHECK(line.destination.is_silent(10));
  line.source.send("45");
  CHECK(line.destination.receive(4) == "2345");
}

TEST_CASE("WaitFor stands until the hold is released, by a signal or a timer") {
  on_first_chunk([](Bytes chunk, OutputPlan& plan) {
    plan.add(StartTimer{HoldId{2}, milliseconds(1)});
    plan.add(WaitFor{HoldId{1}});
    plan.forward(chunk.first(1));
    plan.add(WaitFor{HoldId{2}});
    plan.forward(chunk.subspan(1));
  });
  script().on_signal = [](int) { script().released.insert(HoldId{1}); };
  Planned line;
  line.source.send("ab");
  CHECK(line.destination.is_silent(100));
  line.relay.on_relay([](Relay& relay) { relay.signal(10); });
  CHECK(line.destination.receive(2) == "ab");
}

TEST_CASE("throttle: nothing is lost, and it leaves in steps of 20 ms worth at most") {
  on_first_chunk([](Bytes chunk, OutputPlan& plan) {
    plan.add(Throttle{50'000});
    plan.forward(chunk);
    plan.add(Throttle{0});
  });
  Planned line;
  const std::string bytes =
      random_bytes(20'000, 3);  // one segment, so one chunk, of which alone the script speaks
  line.source.send(bytes);
  CHECK(line.destination.receive(bytes.size()) == bytes);
  const auto steps = line.relay.recorder.pieces(0, Side::destination, fwd);
  CHECK(steps.size() > 15);
  CHECK(*std::max_element(steps.begin(), steps.end()) <= 1000);
}

TEST_CASE("close end: both peers read an end of stream") {
  close_after_three(CloseHow::end);
  Planned line;
  line.source.send("abcdef");
  CHECK(line.destination.receive_all() == "abc");
  CHECK(line.source.wait_for_end() == 0);
  CHECK(line.relay.recorder.wait_for("closed 0 fault forward"));
}

TEST_CASE("close end: an end of stream even for a peer whose bytes nobody has read") {
  reset_script();
  script().on_signal = [](int) {
    script().pending.push_back({ConnectionId{0}, fwd, plan_of(Close{CloseHow::end})});
  };
  Planned line;
  line.source.send("x");
  CHECK(line.destination.receive(1) == "x");
  // While the relay stands still: to close a socket with unread bytes would reset its peer.
  line.relay.on_relay([&](Relay& relay) {
    line.source.send("unread");
    line.destination.send("unread");
    relay.signal(10);
  });
  CHECK(line.source.wait_for_end() == 0);
  CHECK(line.destination.wait_for_end() == 0);
  line.source.send("late");  // swallowed for a while
  CHECK(line.relay.recorder.wait_for("closed 0 fault forward"));
}

TEST_CASE("close reset: both peers are reset") {
  close_after_three(CloseHow::reset);
  Planned line;
  line.source.send("abcdef");
  CHECK(line.destination.wait_for_end() == ECONNRESET);
  CHECK(line.source.wait_for_end() == ECONNRESET);
  CHECK(line.relay.recorder.wait_for("closed 0 fault forward"));
}

TEST_CASE("close half_close: this direction ends, what follows is thrown away, the other goes on") {
  close_after_three(CloseHow::half_close);
  Planned line;
  line.source.send("abcdef");
  CHECK(line.destination.receive_all() == "abc");
  line.source.send("nobody reads this");
  line.destination.send("still here");
  CHECK(line.source.receive(10) == "still here");
  line.destination.end_sending();
  CHECK(line.source.wait_for_end() == 0);
  line.source.end_sending();
  CHECK(line.relay.recorder.wait_for("closed 0 orderly forward"));
}

TEST_CASE("close absorb: the sender may go on writing, the receiver's leg is closed") {
  close_after_three(CloseHow::absorb);
  Planned line;
  line.source.send("abcdef");
  CHECK(line.destination.receive_all() == "abc");
  line.source.send(std::string(8u << 20, 'x'));  // more than any buffer holds
  CHECK(line.source.is_silent());
  line.source.end_sending();
  CHECK(line.relay.recorder.wait_for("closed 0 fault forward"));
}

TEST_CASE("close blackhole: both legs stay, this direction is dead, the other lives") {
  close_after_three(CloseHow::blackhole);
  Planned line;
  line.source.send("abcdef");
  CHECK(line.destination.receive(3) == "abc");
  line.destination.send("alive");
  CHECK(line.source.receive(5) == "alive");
  CHECK(line.source.push(256u << 20) < 256u << 20);  // nobody reads
  SUBCASE("its sender's reset is not passed on") {
    line.source.reset();
    CHECK(line.destination.is_silent(500));
    line.destination.end_sending();
    CHECK(line.relay.recorder.wait_for("closed 0 fault forward"));
  }
  SUBCASE("its sender's end is not passed on") {
    line.source.close();
    CHECK(line.destination.is_silent(500));
  }
  SUBCASE("the other end's reset is") {
    line.destination.reset();
    CHECK(line.source.wait_for_end() == ECONNRESET);
  }
}

TEST_CASE("all connections are closed by a close that says so") {
  reset_script();
  script().on_feed = [](ConnectionId id, Direction, Bytes chunk, OutputPlan& plan) {
    plan.forward(chunk);
    if (id == ConnectionId{1}) plan.add(Close{CloseHow::reset, true});
  };
  PeerListener listener;
  RelayFixture relay(listener.address());
  Peer first = connect_to(relay.address());
  Peer first_end = listener.accept();
  Peer second = connect_to(relay.address());
  Peer second_end = listener.accept();
  second.send("x");
  for (Peer* peer : {&first, &first_end, &second, &second_end}) CHECK(peer->wait_for_end() == ECONNRESET);
}

TEST_CASE("a pending plan runs when the lane's plan is done") {
  on_first_chunk([](Bytes chunk, OutputPlan& plan) {
    plan.add(Pause{milliseconds(50)});
    plan.forward(chunk);
    OutputPlan other;
    other.send_copy(mig::as_bytes("injected"));
    script().pending.push_back({ConnectionId{0}, fwd, std::move(other)});
    OutputPlan back;
    back.send_copy(mig::as_bytes("pong"));
    script().pending.push_back({ConnectionId{0}, Direction::return_path, std::move(back)});
  });
  Planned line;
  line.source.send("own ");
  CHECK(line.source.receive(4) == "pong");
  CHECK(line.destination.receive(12) == "own injected");
}

TEST_CASE("a pending close does not wait for a pause") {
  on_first_chunk([](Bytes, OutputPlan& plan) { plan.add(WaitFor{HoldId{77}}); });
  script().on_signal = [](int) {
    script().pending.push_back({ConnectionId{0}, fwd, plan_of(Close{CloseHow::reset})});
  };
  Planned line;
  line.source.send("x");
  CHECK(line.destination.is_silent(50));
  line.relay.on_relay([](Relay& relay) { relay.signal(10); });
  CHECK(line.source.wait_for_end() == ECONNRESET);
  CHECK(line.destination.wait_for_end() == ECONNRESET);
}

TEST_CASE("a reset is noticed during a pause and a hold") {
  on_first_chunk([](Bytes, OutputPlan& plan) { plan.add(WaitFor{HoldId{77}}); });
  Planned line;
  line.source.send("x");
  SUBCASE("of the sender") {
    line.source.reset();
    CHECK(line.destination.wait_for_end() == ECONNRESET);
  }
  SUBCASE("of the sender, with bytes that nobody has read") {
    line.source.send(std::string(100'000, 'y'));
    line.source.reset();
    CHECK(line.destination.wait_for_end() == ECONNRESET);
  }
  SUBCASE("of the receiver") {
    line.destination.reset();
    CHECK(line.source.wait_for_end() == ECONNRESET);
  }
}

TEST_CASE("a connection may be held back or refused before its destination is connected") {
  reset_script();
  script().on_open = [](ConnectionId id, OutputPlan& plan) {
    if (id == ConnectionId{0}) plan.add(WaitFor{HoldId{5}});
    if (id == ConnectionId{1}) plan.add(Close{CloseHow::reset});
  };
  script().on_signal = [](int) { script().released.insert(HoldId{5}); };
  PeerListener listener;
  RelayFixture relay(listener.address());
  Peer held = connect_to(relay.address());
  held.send("early");
  CHECK(listener.nobody_comes());
  SUBCASE("refused by a rule") {
    Peer refused = connect_to(relay.address());
    CHECK(refused.wait_for_end() == ECONNRESET);
    CHECK(listener.nobody_comes(50));
  }
  SUBCASE("let go") {
    relay.on_relay([](Relay& it) { it.signal(10); });
    CHECK(listener.accept().receive(5) == "early");
  }
  SUBCASE("reset while it waits") {
    held.reset();
    CHECK(relay.recorder.wait_for("closed 0 reset forward"));
  }
}

TEST_CASE("held bytes leave when nothing comes for a while") {
  reset_script();
  script().on_feed = [](ConnectionId, Direction direction, Bytes chunk, OutputPlan& plan) {
    if (direction != fwd) return plan.forward(chunk);
    script().held = 2;
    plan.forward(chunk.first(chunk.size() - 2));
  };
  script().on_idle = [](ConnectionId, Direction, OutputPlan& plan) {
    if (std::exchange(script().held, 0) != 0) plan.send_copy(mig::as_bytes("ef"));
  };
  Planned line;
  line.source.send("abcdef");
  CHECK(line.destination.receive(6) == "abcdef");
}

TEST_CASE("the session hears of ends and of the connection's end, in this order") {
  for (const bool watched : {false, true}) {
    CAPTURE(watched);
    reset_script();
    script().watched = {watched, watched};
    Planned line;
    line.source.end_sending();
    CHECK(line.destination.wait_for_end() == 0);
    line.destination.end_sending();
    CHECK(line.source.wait_for_end() == 0);
    REQUIRE(line.relay.recorder.wait_for("closed 0 orderly forward"));
    std::vector<std::string> calls;
    line.relay.on_relay([&](Relay&) { calls = script().calls; });
    CHECK(calls == std::vector<std::string>{"end 0 forward", "end 0 return-path", "closed 0 forward"});
  }
}

TEST_CASE("once: ends after the first migration, not after a port scan or a health check") {
  reset_script();
  PeerListener listener;
  RelayFixture relay(listener.address(), "127.0.0.1:0", true);
  { Peer scan = connect_to(relay.address()); }
  listener.accept().close();
  REQUIRE(relay.recorder.wait_for("closed 0 orderly forward"));
  {
    Peer check = connect_to(relay.address());
    Peer destination = listener.accept();
    check.send("GET / HTTP/1.0\r\n\r\n");
    check.end_sending();
    CHECK(destination.receive_all().size() == 18);
    destination.end_sending();
    REQUIRE(relay.recorder.wait_for("closed 1 orderly forward"));
  }
  relay.on_relay([](Relay&) {});
  CHECK_FALSE(relay.ended);
  Peer source = connect_to(relay.address());
  Peer destination = listener.accept();
  const std::string begin(mig::as_text(mig::test::precopy_stream()));
  source.send(begin);
  CHECK(destination.receive(begin.size()) == begin);
  source.end_sending();
  destination.end_sending();
  REQUIRE(relay.recorder.wait_for("closed 2 orderly forward"));
  relay.on_relay([](Relay&) {});
  CHECK(relay.ended);
}
