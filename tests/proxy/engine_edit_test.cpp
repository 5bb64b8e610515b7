// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that change what is in the stream: what is left must still be a stream, unless it is broken on
// purpose.
#include <doctest/doctest.h>

#include "proxy/playbook.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;

TEST_CASE("without rules everything leaves as it came") {
  for (const auto chunk : chunkings) {
    Playbook book({}, chunk);
    book.from_source(postcopy_stream()).from_destination(postcopy_return_path());
    book.expect_to_destination(postcopy_stream()).expect_to_source(postcopy_return_path());
    book.expect_nothing_more();
    CHECK(book.phase() == Phase::completed);
  }
}

TEST_CASE("an untouched chunk of pages is one view of it") {
  const StreamBuilder head = before_switchover();
  StreamBuilder pages;
  for (std::uint64_t i = 0; i < 15; ++i) pages.page("", 0x1000 * i);
  proxy::FaultSession session(good_rules({"drop-pong", "set-device,name=serial,field=version_id,to=7"}));
  proxy::OutputPlan plan;
  const auto id = session.open_connection(plan);
  session.feed(id, Direction::forward, head, plan);
  session.feed(id, Direction::forward, StreamBuilder{}.section_part(1).page("pc.ram", 0).bytes(), plan);
  plan.clear();
  const Bytes chunk = pages;
  session.feed(id, Direction::forward, chunk, plan);
  REQUIRE(plan.steps().size() == 1);
  const auto& send = std::get<proxy::Send>(plan.steps().front());
  CHECK(send.bytes.data() == chunk.data());
  CHECK(send.bytes.size() == chunk.size());
}

TEST_CASE("drop-ping inside the package mends the package's length") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-ping,value=0x42"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(24, "serial", 60, 3);
    inner.device(40, "globalstate", 104).ping(3).run();
    const auto expected = with_package(inner);
    book.expect_to_destination(expected).expect_nothing_more();
    CHECK(book.acted() == std::vector<std::string>{"dropped ping"});
    check_readable(expected);
  }
}

TEST_CASE("repair=no leaves the package's length as it was") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-ping,value=0x42,repair=no"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(24, "serial", 60, 3);
    inner.device(40, "globalstate", 104).ping(3).run();
    book.expect_to_destination(with_package(inner, static_cast<std::uint32_t>(postcopy_package().size())));
  }
}

TEST_CASE("drop-device takes header, state and footer out of the package") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-device,name=serial"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(40, "globalstate", 104);
    inner.ping(3).ping(0x42).run();
    const auto expected = with_package(inner);
    book.expect_to_destination(expected).expect_nothing_more();
    CHECK(book.acted() == std::vector<std::string>{"dropped section", "dropped footer"});
    check_readable(expected);
  }
}

TEST_CASE("duplicate-device inside the package") {
  for (const auto chunk : chunkings) {
    Playbook book({"duplicate-device,name=serial"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(24, "serial", 60, 3);
    inner.device(24, "serial", 60, 3).device(40, "globalstate", 104).ping(3).ping(0x42).run();
    book.expect_to_destination(with_package(inner)).expect_nothing_more();
  }
}

TEST_CASE("truncate-device inside the package") {
  for (const auto chunk : chunkings) {
    Playbook book({"truncate-device,name=serial,by=5"}, chunk);  // its footer
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).section_full(24, "serial", 0, 3);
    inner.raw(device_state(24, 60)).device(40, "globalstate", 104).ping(3).ping(0x42).run();
    book.expect_to_destination(with_package(inner)).expect_nothing_more();
  }
}

TEST_CASE("a longer idstr inside the package, and at top level") {
  for (const auto chunk : chunkings) {
    Playbook book({"set-device,name=serial,field=idstr,to=parallel-port"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(24, "parallel-port", 60, 3);
    inner.device(40, "globalstate", 104).ping(3).ping(0x42).run();
    const auto expected = with_package(inner);
    book.expect_to_destination(expected).expect_nothing_more();
    check_readable(expected);
  }
}

TEST_CASE("fields of a device inside the package change where they stand; nothing is kept back") {
  for (const auto chunk : chunkings) {
    Playbook book({"set-device,name=serial,field=version_id,to=0x7fff"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).device(24, "serial", 60, 0x7fff);
    inner.device(40, "globalstate", 104).ping(3).ping(0x42).run();
    book.expect_to_destination(with_package(inner)).expect_nothing_more();
    CHECK(book.acted() == std::vector<std::string>{"changed section"});
  }
}

TEST_CASE("set-footer by the name of its section") {
  for (const auto chunk : chunkings) {
    Playbook book({"set-footer,to=77,name=serial"}, chunk);
    book.from_source(postcopy_stream());
    auto inner = StreamBuilder{}.listen().device(6, "apic", 40, 3).section_full(24, "serial", 0, 3);
    inner.raw(device_state(24, 60)).footer(77).device(40, "globalstate", 104).ping(3).ping(0x42).run();
    book.expect_to_destination(with_package(inner)).expect_nothing_more();
  }
}

TEST_CASE("flip in a device's payload, by the name behind the last slash") {
  for (const auto chunk : chunkings) {
    auto inner = StreamBuilder{}.listen().device(9, "0000:00:02.0/virtio-net", 40, 3).ping(0x42).run();
    Playbook book({"flip-device,name=virtio-net,field=payload,at=17,mask=0x81"}, chunk);
    book.from_source(with_package(inner));
    auto state = device_state(9, 40).bytes();
    state[17] ^= std::byte{0x81};
    auto changed = StreamBuilder{}.listen().section_full(9, "0000:00:02.0/virtio-net", 0, 3);
    changed.raw(state).footer(9).ping(0x42).run();
    book.expect_to_destination(with_package(changed)).expect_nothing_more();
  }
}

TEST_CASE("set-package,field=length lies about the length; the package flows on as it is") {
  for (const auto chunk : chunkings) {
    Playbook book({"set-package,field=length,to=0xffffffff"}, chunk);
    book.from_source(postcopy_stream());
    book.expect_to_destination(with_package(postcopy_package(), 0xffffffff)).expect_nothing_more();
    CHECK(book.fired() == 1);
  }
}

TEST_CASE("truncate-package drops its last byte; what follows flows on") {
  for (const auto chunk : chunkings) {
    Playbook book({"truncate-package,by=1"}, chunk);
    book.from_source(postcopy_stream());
    const auto whole = postcopy_package();
    const auto size = static_cast<std::uint32_t>(whole.size());
    StreamBuilder cut;
    cut.raw(Bytes(whole).first(whole.size() - 1));
    book.expect_to_destination(with_package(cut, size)).expect_nothing_more();
    CHECK(book.phase() == Phase::package);  // its end never arrived
  }
}

TEST_CASE("drop-package and duplicate-package") {
  for (const auto chunk : chunkings) {
    auto expected = before_package();
    expected.raw(after_package());
    Playbook dropped({"drop-package"}, chunk);
    dropped.from_source(postcopy_stream()).expect_to_destination(expected).expect_nothing_more();
    auto twice = before_package();
    twice.package(postcopy_package()).package(postcopy_package()).raw(after_package());
    Playbook doubled({"duplicate-package"}, chunk);
    doubled.from_source(postcopy_stream()).expect_to_destination(twice).expect_nothing_more();
  }
}

TEST_CASE("several rules in one package") {
  for (const auto chunk : chunkings) {
    Playbook book(
        {"drop-ping,value=0x42", "drop-device,name=apic", "set-device,name=serial,field=version_id,to=9"},
        chunk);
    book.from_source(postcopy_stream());
    auto inner =
        StreamBuilder{}.listen().device(24, "serial", 60, 9).device(40, "globalstate", 104).ping(3).run();
    book.expect_to_destination(with_package(inner)).expect_nothing_more();
    CHECK(book.session().all_fired());
  }
}

TEST_CASE("a package longer than the limit streams, and the rule says so") {
  proxy::SessionOptions options;
  options.unit_limit = 100;
  Playbook book({"drop-ping,value=0x42"}, 0, options);
  book.from_source(postcopy_stream()).expect_to_destination(postcopy_stream());
  CHECK(book.session().rules().at(0).off_because.has_value());
  CHECK(book.warnings().at(0).find("too long to be kept whole") != std::string::npos);
}

TEST_CASE("after a dropped page that named the block the next one is sent with the name") {
  for (const auto chunk : chunkings) {
    auto expected = before_switchover();
    expected.section_part(1).page("pc.ram", 0x1000).zero_page("", 0x2000).eos().footer(1);
    StreamBuilder sent = before_switchover();
    sent.section_part(1).page("pc.ram", 0).page("", 0x1000).zero_page("", 0x2000).eos().footer(1);
    Playbook book({"drop-page,block=pc.ram,offset=0"}, chunk);
    book.from_source(sent).expect_to_destination(expected).expect_nothing_more();
    check_readable(book.sent(Direction::forward));
  }
}

TEST_CASE("the name is put in only where the receiver's last block is another") {
  StreamBuilder sent = before_switchover();
  sent.section_part(1)
      .page("pc.bios", 0)
      .page("pc.ram", 0)
      .page("pc.ram", 0x1000)
      .page("", 0x2000)
      .eos()
      .footer(1);
  auto expected = before_switchover();
  expected.section_part(1).page("pc.bios", 0).page("pc.ram", 0x1000).page("", 0x2000).eos().footer(1);
  Playbook book({"drop-page,block=pc.ram,offset=0"});
  book.from_source(sent).expect_to_destination(expected).expect_nothing_more();

  auto unrepaired = before_switchover();
  unrepaired.section_part(1).page("pc.bios", 0).page("", 0x1000).eos().footer(1);
  StreamBuilder again = before_switchover();
  again.section_part(1).page("pc.bios", 0).page("pc.ram", 0).page("", 0x1000).eos().footer(1);
  Playbook plain({"drop-page,block=pc.ram,offset=0,repair=no"});
  plain.from_source(again).expect_to_destination(unrepaired).expect_nothing_more();
}

TEST_CASE("flip-page by block and offset, behind skipped ones") {
  for (const auto chunk : chunkings) {
    StreamBuilder sent = before_switchover();
    sent.section_part(1).page("pc.ram", 0x3000).page("", 0x3000).page("", 0x3000).eos().footer(1);
    Playbook book({"flip-page,block=pc.ram,offset=0x3000,at=17,mask=0x01,skip=2"}, chunk);
    book.from_source(sent);
    auto expected = sent.bytes();
    const auto third = expected.size() - 5 - 8 - 4096 - 8;
    expected[third + 17] ^= std::byte{1};
    book.expect_to_destination(expected).expect_nothing_more();
    CHECK(book.acted() == std::vector<std::string>{"changed page"});
  }
}

TEST_CASE("set-page,field=offset keeps the record's flags") {
  StreamBuilder sent = before_switchover();
  sent.section_part(1).page("pc.ram", 0x1000).eos().footer(1);
  auto expected = before_switchover();
  expected.section_part(1).page("pc.ram", 0x5000).eos().footer(1);
  Playbook book({"set-page,field=offset,to=0x5000"});
  book.from_source(sent).expect_to_destination(expected);
}
