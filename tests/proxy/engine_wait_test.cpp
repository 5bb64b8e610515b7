// SPDX-License-Identifier: GPL-2.0-or-later
// hold, delay, inject: what leaves later, or was never sent.
#include <doctest/doctest.h>

#include <csignal>

#include "proxy/playbook.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;

namespace {

ReturnPathBuilder pongs() { return ReturnPathBuilder{}.pong(1).pong(2).pong(4).pong(3); }

}  // namespace

TEST_CASE("hold-pong,for: page requests overtake it") {
  for (const auto chunk : chunkings) {
    Playbook book({"hold-pong,for=5s"}, chunk);
    book.from_source(postcopy_stream());
    book.from_destination(pongs().pong(0x42).request("pc.ram", 0x1000).request("", 0x8000));
    book.expect_to_source(pongs()).expect_timer(5s, back);
    book.expect_to_source(ReturnPathBuilder{}.request("pc.ram", 0x1000).request("", 0x8000));
    CHECK(book.phase() == Phase::postcopy_device);
    book.time_passes().expect_to_source(ReturnPathBuilder{}.pong(0x42));
    CHECK(book.phase() == Phase::postcopy_active);
    CHECK(book.acted() == std::vector<std::string>{"held pong", "released pong"});
  }
}

TEST_CASE("hold-pong until a signal, until a unit of the other direction, until one of its own") {
  Playbook signal({"hold-pong,until=SIGUSR1"});
  signal.from_source(postcopy_stream()).from_destination(ReturnPathBuilder{}.pong(0x42));
  signal.signal(SIGUSR2).expect_nothing_more_from(back).signal(SIGUSR1);
  signal.expect_to_source(ReturnPathBuilder{}.pong(0x42));

  Playbook other({"hold-pong,value=1,until=package"});
  other.from_source(before_package()).from_destination(ReturnPathBuilder{}.pong(1).pong(2));
  other.expect_to_source(ReturnPathBuilder{}.pong(2))
      .from_source(StreamBuilder{}.package(postcopy_package()));
  other.expect_to_source(ReturnPathBuilder{}.pong(1));

  Playbook own({"hold-pong,value=1,until=pong:4"});
  own.from_source(before_package()).from_destination(ReturnPathBuilder{}.pong(1).pong(2).pong(4).pong(3));
  own.expect_to_source(ReturnPathBuilder{}.pong(2).pong(4).pong(1).pong(3));
}

TEST_CASE("a held unit goes back in between two messages, never into one") {
  const auto bitmap = ReturnPathBuilder{}.recv_bitmap("pc.ram", 64);
  Playbook book({"hold-pong,value=any,for=1s"});
  book.from_source(before_switchover()).from_destination(ReturnPathBuilder{}.pong(1));
  book.expect_timer(1s, back);
  const auto half = bitmap.size() / 2;
  book.from_destination(Bytes(bitmap).first(half)).time_passes();
  book.expect_to_source(Bytes(bitmap).first(half)).expect_nothing_more_from(back);
  book.from_destination(Bytes(bitmap).subspan(half));
  auto rest = Bytes(bitmap).subspan(half);
  Buffer expected(rest.begin(), rest.end());
  const auto pong = ReturnPathBuilder{}.pong(1).bytes();
  expected.insert(expected.end(), pong.begin(), pong.end());
  book.expect_to_source(expected);
}

TEST_CASE("a held unit waits for the end of the section around it") {
  Playbook book({"hold-ping,value=1,until=SIGUSR1"});
  StreamBuilder head;
  head.file_header().configuration().open_return_path();
  StreamBuilder middle;
  middle.advise().ram_setup(1, {{"pc.ram", 0x40000}}).section_part(1).page("pc.ram", 0);
  book.from_source(head).from_source(StreamBuilder{}.ping(1)).from_source(middle).signal(SIGUSR1);
  book.expect_to_destination(StreamBuilder{}.raw(head).raw(middle)).expect_nothing_more();
  book.from_source(StreamBuilder{}.eos().footer(1).section_part(1).eos().footer(1));
  book.expect_to_destination(StreamBuilder{}.eos().footer(1).ping(1).section_part(1).eos().footer(1));
  check_readable(book.sent(Direction::forward));
}

TEST_CASE("hold-ping inside the package: taken out with the length mended, put back behind it") {
  for (const auto chunk : chunkings) {
    Playbook book({"hold-ping,value=0x42,for=1s"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(24, "serial", 60, 3);
    inner.device(40, "globalstate", 104).ping(3).run();
    book.time_passes();
    auto expected = with_package(inner);  // time passes behind all of it
    expected.ping(0x42);
    CHECK(book.sent(Direction::forward) == expected.bytes());
  }
}

TEST_CASE("a held request that names the block: those behind it are given the name") {
  for (const auto chunk : chunkings) {
    Playbook book({"hold-page-request,for=1s"}, chunk);
    book.from_source(before_switchover());
    book.from_destination(ReturnPathBuilder{}.request("pc.ram", 0).request("", 0x1000).request("pc.bios", 0));
    book.expect_timer(1s, back);
    book.expect_to_source(ReturnPathBuilder{}.request("pc.ram", 0x1000).request("pc.bios", 0));
    book.time_passes().expect_to_source(ReturnPathBuilder{}.request("pc.ram", 0));
    book.from_destination(ReturnPathBuilder{}.request("", 0x2000));
    book.expect_to_source(ReturnPathBuilder{}.request("pc.bios", 0x2000));
  }
}

TEST_CASE("a held request without a name comes back with it where another block was named meanwhile") {
  for (const auto chunk : chunkings) {
    Playbook book({"hold-page-request,offset=0x1000,for=1s"}, chunk);
    book.from_source(before_switchover());
    book.from_destination(ReturnPathBuilder{}.request("pc.ram", 0).request("", 0x1000).request("pc.bios", 0));
    book.expect_to_source(ReturnPathBuilder{}.request("pc.ram", 0)).expect_timer(1s, back);
    book.expect_to_source(ReturnPathBuilder{}.request("pc.bios", 0));
    book.time_passes().expect_to_source(ReturnPathBuilder{}.request("pc.ram", 0x1000));
  }
}

TEST_CASE("what is held leaves before the end of the stream, in its time") {
  Playbook book({"hold-shut,for=5s"});
  book.from_source(postcopy_stream()).from_destination(postcopy_return_path()).destination_ends();
  ReturnPathBuilder before;
  before.pong(1).pong(2).pong(4).pong(3).pong(0x42).request("pc.ram", 0x1000).request("", 0x8000);
  book.expect_to_source(before).expect_timer(5s, back).expect_waiting(back);
  book.time_passes().expect_to_source(ReturnPathBuilder{}.shut());
  book.expect_close(proxy::CloseHow::half_close, back);
  CHECK(book.phase() == Phase::completed);
}

TEST_CASE("delay stops all that follows") {
  for (const auto chunk : chunkings) {
    Playbook book({"delay-package,for=4s"}, chunk);
    book.from_source(postcopy_stream()).expect_to_destination(before_package()).expect_pause(4s);
    auto rest = StreamBuilder{}.package(postcopy_package());
    rest.raw(after_package());
    book.expect_to_destination(rest).expect_nothing_more();
    CHECK(book.acted() == std::vector<std::string>{"delayed package"});
  }
}

TEST_CASE("delay until something happens, or at the latest after for=") {
  Playbook until({"delay-package,until=SIGUSR1"});
  until.from_source(postcopy_stream()).expect_to_destination(before_package()).expect_waiting();
  until.signal(SIGUSR1);
  auto rest = StreamBuilder{}.package(postcopy_package());
  rest.raw(after_package());
  until.expect_to_destination(rest);

  Playbook unit({"delay-package,until=pong:2,for=9s"});
  unit.from_source(postcopy_stream())
      .expect_to_destination(before_package())
      .expect_timer(9s)
      .expect_waiting();
  unit.from_destination(ReturnPathBuilder{}.pong(1)).expect_waiting();
  unit.from_destination(ReturnPathBuilder{}.pong(2)).expect_to_destination(rest);

  Playbook late({"delay-package,until=pong:2,for=9s"});
  late.from_source(postcopy_stream()).expect_to_destination(before_package()).expect_timer(9s);
  late.time_passes().expect_to_destination(rest);
}

TEST_CASE("jitter repeats with the seed") {
  const auto pause_of = [](std::uint64_t seed) {
    proxy::FaultSession session(good_rules({"delay-ping,for=1s,jitter=1s"}), {seed, false});
    proxy::OutputPlan plan;
    const auto id = session.open_connection(plan);
    const auto stream = before_switchover();
    session.feed(id, Direction::forward, stream, plan);
    for (const auto& step : plan.steps())
      if (const auto* pause = std::get_if<proxy::Pause>(&step)) return pause->duration;
    return proxy::Duration{};
  };
  CHECK(pause_of(7) == pause_of(7));
  CHECK(pause_of(7) != pause_of(8));
  CHECK(pause_of(7) >= 1s);
  CHECK(pause_of(7) <= 2s);
}

TEST_CASE("inject into the other direction, when the unit has left") {
  for (const auto chunk : chunkings) {
    Playbook book({"inject-pong,value=0x42,on=package", "delay-package,for=2s"}, chunk);
    book.from_source(postcopy_stream());
    book.expect_to_source(ReturnPathBuilder{}.pong(0x42));
    CHECK(book.acted() == std::vector<std::string>{"delayed package", "injected pong"});
    CHECK(book.phase() == Phase::postcopy_active);
  }
}

TEST_CASE("inject inside the package's time: on=listen") {
  Playbook book({"inject-pong,on=listen"});
  book.from_source(postcopy_stream()).expect_to_source(ReturnPathBuilder{}.pong(0x42));
  CHECK(book.acted() == std::vector<std::string>{"injected pong"});
}

TEST_CASE("inject into the same direction, at the next boundary") {
  for (const auto chunk : chunkings) {
    Playbook book({"inject-ping,value=9,on=device:serial"}, chunk);
    book.from_source(postcopy_stream());
    auto expected = before_package();
    expected.package(postcopy_package()).ping(9).raw(after_package());
    book.expect_to_destination(expected).expect_nothing_more();
    check_readable(expected);
  }
}

TEST_CASE("inject all that can be injected") {
  Playbook book({"inject-shut,value=1,on=SIGUSR1",
                 "inject-page-request,block=pc.ram,offset=0x3000,on=SIGUSR1",
                 "inject-resume-ack,value=1,on=SIGUSR1", "inject-switchover-ack,on=SIGUSR1"});
  book.from_source(before_switchover()).signal(SIGUSR1);
  book.expect_to_source(ReturnPathBuilder{}.shut(1).request("pc.ram", 0x3000).resume_ack().switchover_ack());

  Playbook there({"inject-open-return-path,on=SIGUSR2", "inject-resume,on=SIGUSR2",
                  "inject-switchover-start,on=SIGUSR2", "inject-eof,on=SIGUSR2"});
  there.from_source(before_switchover()).expect_to_destination(before_switchover()).signal(SIGUSR2);
  there.expect_to_destination(StreamBuilder{}.open_return_path().resume().switchover_start().eof());
}

TEST_CASE("inject on entering a phase") {
  Playbook book({"inject-pong,value=0x42,phase=postcopy-device"});
  book.from_source(postcopy_stream()).expect_to_source(ReturnPathBuilder{}.pong(0x42));
  CHECK(book.acted() == std::vector<std::string>{"injected pong"});
}

TEST_CASE("on= holds a rule back until that unit has left") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-ping,on=package", "drop-pong,value=any,on=pong:2"}, chunk);
    book.from_source(postcopy_stream());
    auto expected = before_package();
    auto rest = after_package();
    expected.package(postcopy_package())
        .raw(Bytes(rest).subspan(9));  // PING 4 is the first behind the package
    book.expect_to_destination(expected);
    book.from_destination(ReturnPathBuilder{}.pong(1).pong(2).pong(4).pong(3));
    book.expect_to_source(ReturnPathBuilder{}.pong(1).pong(2).pong(3)).expect_nothing_more();
  }
}

TEST_CASE("phase= narrows a rule to a phase, also within one chunk") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-ping,phase=package", "drop-section,phase=precopy"}, chunk);
    book.from_source(postcopy_stream());
    auto expected = before_switchover();
    expected.section_part(1).page("pc.ram", 0).page("", 0x1000).zero_page("", 0x2000).eos().footer(1);
    expected.discard("pc.ram", {{0x1000, 0x2000}, {0x8000, 0x1000}}).ping(2);
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(24, "serial", 60, 3);
    inner.device(40, "globalstate", 104).ping(0x42).run();
    expected.package(inner).raw(after_package());
    book.expect_to_destination(expected).expect_nothing_more();
  }
}

TEST_CASE("hold-connection keeps the connect back") {
  Playbook timed({"hold-connection,for=2s"});
  timed.expect_pause(2s);
  Playbook second({"hold-connection,connection=2,until=SIGUSR1"});
  second.expect_nothing_more().open().expect_waiting().signal(SIGUSR1).expect_nothing_more();
  CHECK(second.fired() == 1);
}
