// SPDX-License-Identifier: GPL-2.0-or-later
// close, reset, half-close, absorb, blackhole, throttle: what happens to connections.
#include <doctest/doctest.h>

#include <csignal>

#include "proxy/playbook.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;
using proxy::CloseHow;

namespace {

Bytes first(const StreamBuilder& stream, std::size_t n) { return Bytes(stream).first(n); }

}  // namespace

TEST_CASE("reset in the middle of a unit") {
  for (const auto chunk : chunkings) {
    Playbook book({"reset-section,name=ram,after=13"}, chunk);
    book.from_source(postcopy_stream());
    StreamBuilder head;
    head.file_header().configuration().open_return_path().ping(1).advise();
    const auto whole = postcopy_stream();
    book.expect_to_destination(first(whole, head.size() + 13))
        .expect_close(CloseHow::reset)
        .expect_nothing_more();
    CHECK(book.acted() == std::vector<std::string>{"closed section"});
  }
}

TEST_CASE("without after= the unit itself does not leave; a unit shorter than after= leaves whole") {
  for (const auto chunk : chunkings) {
    Playbook at_start({"close-package"}, chunk);
    at_start.from_source(postcopy_stream())
        .expect_to_destination(before_package())
        .expect_close(CloseHow::end);
    at_start.expect_nothing_more();
    Playbook pong({"reset-pong,value=2,after=100"}, chunk);
    pong.from_source(before_package()).from_destination(postcopy_return_path());
    pong.expect_to_source(ReturnPathBuilder{}.pong(1).pong(2)).expect_close(CloseHow::reset, back);
    Playbook inside({"reset-package,after=100"}, chunk);
    inside.from_source(postcopy_stream());
    const auto head = before_package();
    inside.expect_to_destination(first(postcopy_stream(), head.size() + 100)).expect_close(CloseHow::reset);
    CHECK(inside.phase() == Phase::package);
  }
}

TEST_CASE("each way to end a connection has its word in the plan") {
  const std::vector<std::pair<std::string, CloseHow>> ways{{"close", CloseHow::end},
                                                           {"reset", CloseHow::reset},
                                                           {"half-close", CloseHow::half_close},
                                                           {"absorb", CloseHow::absorb},
                                                           {"blackhole", CloseHow::blackhole}};
  for (const auto& [word, how] : ways) {
    Playbook unit({word + "-package"});
    unit.from_source(postcopy_stream())
        .expect_to_destination(before_package())
        .expect_close(how)
        .expect_nothing_more();
    Playbook connection({word + "-connection"});
    connection.expect_close(how).from_source(postcopy_stream()).expect_nothing_more();
    CHECK(connection.fired() == 1);
    Playbook bytes({word + "-connection,after=10"}, 7);
    bytes.from_source(postcopy_stream())
        .expect_to_destination(first(postcopy_stream(), 10))
        .expect_close(how);
    Playbook pong({word + "-pong"});
    pong.from_source(postcopy_stream()).from_destination(postcopy_return_path());
    pong.expect_to_source(ReturnPathBuilder{}.pong(1).pong(2).pong(4).pong(3)).expect_close(how, back);
  }
}

TEST_CASE("a half-closed direction is silent, the other goes on") {
  Playbook book({"half-close-pong,value=2"});
  book.from_source(before_package()).from_destination(ReturnPathBuilder{}.pong(1).pong(2).pong(4));
  book.expect_to_source(ReturnPathBuilder{}.pong(1)).expect_close(CloseHow::half_close, back);
  book.from_destination(ReturnPathBuilder{}.pong(3)).destination_ends();
  book.expect_to_destination(before_package()).from_source(StreamBuilder{}.ping(7));
  book.expect_to_destination(StreamBuilder{}.ping(7)).expect_nothing_more();
}

TEST_CASE("reset-connection right after a unit of either direction") {
  for (const auto chunk : chunkings) {
    Playbook pong({"reset-connection,on=pong:0x42"}, chunk);
    pong.from_source(postcopy_stream()).from_destination(postcopy_return_path());
    pong.expect_to_source(ReturnPathBuilder{}.pong(1).pong(2).pong(4).pong(3).pong(0x42));
    pong.expect_close(CloseHow::reset, back);
    Playbook package({"reset-connection,on=package"}, chunk);
    package.from_source(postcopy_stream());
    auto expected = before_package();
    expected.package(postcopy_package());
    package.expect_to_destination(expected).expect_close(CloseHow::reset).expect_nothing_more();
  }
}

TEST_CASE("reset-connection on a signal ends the main channel, or those that channel= names") {
  const auto page = StreamBuilder{}.page("pc.ram", 0x3000);
  Playbook main({"reset-connection,on=SIGUSR1"});
  main.from_source(postcopy_stream()).open().from_source(page).signal(SIGUSR1);
  main.expect_to_destination(page).on_connection(0).expect_to_destination(postcopy_stream());
  main.expect_close(CloseHow::reset).expect_nothing_more();

  Playbook preempt({"reset-connection,channel=preempt,on=SIGUSR1"});
  preempt.from_source(postcopy_stream()).open().from_source(page).signal(SIGUSR1);
  preempt.expect_to_destination(page).expect_close(CloseHow::reset);
  preempt.on_connection(0).expect_to_destination(postcopy_stream()).expect_nothing_more();
}

TEST_CASE("channel= of a closing unit rule: the other connections, or all") {
  const auto page = StreamBuilder{}.page("pc.ram", 0x3000);
  Playbook other({"reset-pong,channel=preempt"});
  other.from_source(postcopy_stream()).open().from_source(page).on_connection(0);
  other.from_destination(postcopy_return_path()).expect_to_source(postcopy_return_path());
  other.on_connection(1).expect_to_destination(page).expect_close(CloseHow::reset);

  Playbook all({"reset-pong,channel=all"});
  all.from_source(postcopy_stream()).from_destination(postcopy_return_path());
  all.expect_to_source(ReturnPathBuilder{}.pong(1).pong(2).pong(4).pong(3));
  all.expect_close(CloseHow::reset, back, true);
}

TEST_CASE("a silent connection is the preempt channel of the migration that is open") {
  for (const std::string rule : {"channel=preempt,on=SIGUSR1", "channel=all,on=SIGUSR1",
                                 "channel=preempt,on=ping:2", "channel=all,phase=package"}) {
    CAPTURE(rule);
    Playbook book({"reset-connection," + rule});
    book.from_source(before_switchover()).open().on_connection(0);
    book.from_source(Bytes(before_package()).subspan(before_switchover().size()));
    book.from_source(StreamBuilder{}.package(postcopy_package())).signal(SIGUSR1);
    book.on_connection(1).expect_close(CloseHow::reset);
    CHECK(book.session().belong_together(ConnectionId{0}, ConnectionId{1}));
    CHECK(book.fired() == 1);
  }
  // One that has spoken and is nobody's channel is left alone, and so is one without a migration.
  Playbook stranger({"reset-connection,channel=preempt,on=SIGUSR1"});
  stranger.from_source(postcopy_stream())
      .open()
      .from_source(StreamBuilder{}.raw({1, 2, 3, 4, 5, 6, 7, 8, 9}));
  stranger.signal(SIGUSR1).expect_to_destination(StreamBuilder{}.raw({1, 2, 3, 4, 5, 6, 7, 8, 9}));
  CHECK_FALSE(stranger.session().belong_together(ConnectionId{0}, ConnectionId{1}));
  CHECK(stranger.fired() == 0);
}

TEST_CASE("reset-connection,connection=2 ends the second one accepted") {
  Playbook book({"reset-connection,connection=2"});
  book.expect_nothing_more().open().expect_close(CloseHow::reset).open().expect_nothing_more();
}

TEST_CASE("reset-connection,channel=preempt ends it before its first byte") {
  Playbook book({"reset-connection,channel=preempt"}, 1);
  book.from_source(postcopy_stream()).open().from_source(StreamBuilder{}.page("pc.ram", 0x3000));
  book.expect_close(CloseHow::reset).on_connection(0).expect_to_destination(postcopy_stream());
}

TEST_CASE("blackhole-connection for a time, on entering a phase: both directions stand still") {
  Playbook book({"blackhole-connection,phase=postcopy-device,for=20s"});
  auto until_package = before_package();
  until_package.package(postcopy_package());
  book.from_source(until_package)
      .expect_to_destination(until_package)
      .expect_pause(20s)
      .expect_pause(20s, back);
  book.from_source(after_package()).expect_to_destination(after_package()).expect_nothing_more();
}

TEST_CASE("blackhole-connection for good") {
  Playbook book({"blackhole-connection,on=SIGUSR1"});
  book.from_source(before_package()).expect_to_destination(before_package()).signal(SIGUSR1);
  book.expect_close(CloseHow::blackhole).expect_close(CloseHow::blackhole, back);
  book.from_source(after_package()).from_destination(ReturnPathBuilder{}.pong(1)).expect_nothing_more();
}

TEST_CASE("blackhole of a unit until something else: this direction stands still, nothing is lost") {
  Playbook book({"blackhole-package,until=pong:2,after=50"});
  book.from_source(postcopy_stream());
  const auto head = before_package();
  book.expect_to_destination(first(postcopy_stream(), head.size() + 50)).expect_waiting();
  book.from_destination(ReturnPathBuilder{}.pong(1).pong(2));
  book.expect_to_destination(Bytes(postcopy_stream()).subspan(head.size() + 50));
}

TEST_CASE("throttle-bytes from the start, in a phase, for a time") {
  Playbook always({"throttle-bytes,by=8MiB/s"});
  always.from_source(postcopy_stream()).expect_throttle(8u << 20).expect_to_destination(postcopy_stream());
  always.from_source(StreamBuilder{}).expect_nothing_more();

  Playbook phase({"throttle-bytes,by=1MiB/s,phase=switchover"}, 1);
  phase.from_source(postcopy_stream());
  auto precopy = before_switchover();
  precopy.section_part(1).page("pc.ram", 0).page("", 0x1000).zero_page("", 0x2000).eos().footer(1);
  precopy.section_part(1).eos().footer(1).raw(first(StreamBuilder{}.discard("pc.ram", {{0, 1}, {2, 3}}), 14));
  phase.expect_to_destination(precopy).expect_throttle(1u << 20);

  Playbook timed({"throttle-bytes,by=1MiB/s,for=3s"});
  timed.from_source(before_package())
      .expect_throttle(1u << 20)
      .expect_timer(3s)
      .expect_to_destination(before_package());
  timed.time_passes().from_source(after_package()).expect_throttle(0);
}

TEST_CASE("flip-bytes reaches streams that nobody can read") {
  for (const auto chunk : chunkings) {
    const auto tls = StreamBuilder{}.raw({0x16, 0x03, 0x01, 0, 5, 1, 2, 3, 4, 5});
    auto expected = tls.bytes();
    expected[6] ^= std::byte{0x80};
    Playbook book({"flip-bytes,at=6,mask=0x80"}, chunk);
    book.from_source(tls).expect_to_destination(expected);
    CHECK(book.fired() == 1);
  }
}

TEST_CASE("an unreadable stream leaves untouched from the first error on, and the rules say so") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-ping,value=any,times=all"}, chunk);
    auto sent = before_switchover();
    sent.raw({0x33}).ping(5).ping(6);
    auto expected = StreamBuilder{}.file_header().configuration().open_return_path().advise();
    expected.ram_setup(1, {{"pc.ram", 0x40000}, {"pc.bios", 0x10000}}).raw({0x33}).ping(5).ping(6);
    book.from_source(sent).expect_to_destination(expected);
    const auto error = before_switchover().size();
    CHECK(book.warnings().at(0).find("unreadable from offset " + std::to_string(error)) != std::string::npos);
    CHECK(book.session().rules().at(0).off_because.has_value());
  }
}

TEST_CASE("an unreadable end of a package that is kept back leaves as it came") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-device,name=serial,times=all"}, chunk);
    auto sent = before_package();
    sent.package(StreamBuilder{}.listen().device(6, "apic", 40, 3).raw({0x33}).ping(3).run());
    book.from_source(sent).source_ends().expect_to_destination(sent).expect_close(CloseHow::half_close);
  }
}

TEST_CASE("bytes of an unfinished header leave when nothing comes; a rule for that unit came too late") {
  Playbook book({"drop-ping,value=1"});
  StreamBuilder head;
  head.file_header().configuration().open_return_path();
  const auto ping = StreamBuilder{}.ping(1);
  book.from_source(head).from_source(first(ping, 4)).expect_to_destination(head).expect_nothing_more();
  CHECK(book.session().held(ConnectionId{0}, Direction::forward) == 4);
  book.idle_source().expect_to_destination(first(ping, 4));
  CHECK(book.session().held(ConnectionId{0}, Direction::forward) == 0);
  book.idle_source().expect_nothing_more();
  book.from_source(Bytes(ping).subspan(4)).expect_to_destination(Bytes(ping).subspan(4));
  CHECK(book.fired() == 0);
  CHECK(book.warnings().at(0).find("came too late") != std::string::npos);
  book.from_source(StreamBuilder{}.ping(1)).expect_nothing_more();  // the next one is in time
}

TEST_CASE("counters start anew with each migration; migration=N narrows to one") {
  Playbook book({"drop-ping,value=1", "drop-ping,value=2,migration=2", "drop-ping,value=4,times=2,skip=1"});
  const auto one = [](bool second) {
    StreamBuilder s;
    s.file_header().configuration().open_return_path();
    if (!second) s.ping(2);
    return s.ping(4);
  };
  StreamBuilder sent;
  sent.file_header().configuration().open_return_path().ping(1).ping(2).ping(4).ping(4).ping(4).ping(1);
  auto expected = one(false);
  expected.ping(1);
  book.from_source(sent).expect_to_destination(expected);
  book.reset_by_destination().open().from_source(sent);
  auto again = one(true);
  again.ping(1);
  book.expect_to_destination(again);
  CHECK(book.fired(0) == 2);
  CHECK(book.fired(1) == 1);
  CHECK(book.fired(2) == 4);
}

TEST_CASE("chance throws the dice of the seed") {
  StreamBuilder sent;
  sent.file_header().configuration().open_return_path();
  for (std::uint32_t i = 0; i < 200; ++i) sent.ping(i);
  const auto run = [&](std::uint64_t seed) {
    Playbook book({"drop-ping,chance=0.25,times=all"}, 0, {seed, false});
    book.from_source(sent);
    return book.fired();
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) > 20);
  CHECK(run(1) < 80);
}

TEST_CASE("directions that no rule can touch are only watched") {
  const auto watched = [](const std::string& rule, Direction direction) {
    return proxy::FaultSession(good_rules({rule})).watched_only(direction);
  };
  CHECK(watched("drop-pong", Direction::forward));
  CHECK_FALSE(watched("drop-pong", back));
  CHECK(watched("drop-ping", back));
  CHECK(watched("inject-pong,on=package", Direction::forward));
  CHECK_FALSE(watched("inject-pong,on=package", back));
  CHECK(watched("hold-connection,for=1s", Direction::forward));
  CHECK_FALSE(watched("reset-connection,on=pong:0x42", back));
  CHECK(watched("reset-connection,on=SIGUSR1", Direction::forward));
  CHECK_FALSE(watched("throttle-bytes,by=1MiB/s", Direction::forward));
}
