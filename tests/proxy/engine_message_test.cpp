// SPDX-License-Identifier: GPL-2.0-or-later
// Rules about return path messages, commands, records and multifd packets: each action on each kind of unit.
#include <doctest/doctest.h>

#include "proxy/playbook.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;

namespace {

/// What the source gets of `sent` under `rule`.
void check_back(const std::string& rule, const ReturnPathBuilder& sent, Bytes expected) {
  CAPTURE(rule);
  for (const auto chunk : chunkings) {
    Playbook book({rule}, chunk);
    book.from_source(before_switchover()).from_destination(sent);
    CHECK(std::ranges::equal(book.sent(back), expected));
    CHECK(book.fired() == 1);
  }
}

/// What the destination gets of before_switchover() and `sent` under `rule`.
void check_there(const std::string& rule, const StreamBuilder& sent, const StreamBuilder& expected) {
  CAPTURE(rule);
  auto whole = before_switchover();
  whole.raw(sent);
  auto wanted = before_switchover();
  wanted.raw(expected);
  for (const auto chunk : chunkings) {
    Playbook book({rule}, chunk);
    book.from_source(whole);
    CHECK(std::ranges::equal(book.sent(Direction::forward), wanted.bytes()));
    CHECK(book.fired() == 1);
  }
}

ReturnPathBuilder message() { return {}; }
StreamBuilder unit() { return {}; }

}  // namespace

TEST_CASE("pong: drop, duplicate, set, flip, truncate") {
  const auto sent = message().pong(1).pong(0x42).pong(3);
  check_back("drop-pong", sent, message().pong(1).pong(3));
  check_back("drop-pong,value=3", sent, message().pong(1).pong(0x42));
  check_back("drop-pong,value=any", sent, message().pong(0x42).pong(3));
  check_back("duplicate-pong", sent, message().pong(1).pong(0x42).pong(0x42).pong(3));
  check_back("set-pong,to=0x43", sent, message().pong(1).pong(0x43).pong(3));
  check_back("flip-pong,field=value,mask=0x03", sent, message().pong(1).pong(0x41).pong(3));
  check_back("flip-pong,at=7,mask=0x03", sent, message().pong(1).pong(0x41).pong(3));
  auto garbled = sent.bytes();
  garbled[9] = std::byte{0x99};
  check_back("set-pong,field=type,to=0x99", sent, garbled);
  garbled = sent.bytes();
  garbled[11] = std::byte{3};
  check_back("set-pong,field=length,to=3", sent, garbled);
  garbled = sent.bytes();
  garbled.erase(garbled.begin() + 15);
  check_back("truncate-pong,by=1", sent, garbled);
}

TEST_CASE("a changed value is observed as it was sent, a garbled message not at all") {
  Playbook changed({"set-pong,to=0x43"});
  changed.from_source(postcopy_stream()).from_destination(message().pong(0x42));
  CHECK(changed.phase() == Phase::postcopy_device);
  Playbook forged({"set-pong,value=3,to=0x42"});
  forged.from_source(postcopy_stream()).from_destination(message().pong(3));
  CHECK(forged.phase() == Phase::postcopy_active);
  Playbook garbled({"set-pong,field=type,to=0x99"});
  garbled.from_source(postcopy_stream()).from_destination(message().pong(0x42));
  CHECK(garbled.phase() == Phase::postcopy_device);
  CHECK(garbled.acted() == std::vector<std::string>{"changed pong"});
}

TEST_CASE("two rules on one unit act one after the other") {
  for (const auto chunk : chunkings) {
    Playbook book({"set-pong,to=0x43", "duplicate-pong", "delay-pong,for=1s"}, chunk);
    book.from_source(before_switchover()).from_destination(message().pong(1).pong(0x42));
    book.expect_to_source(message().pong(1)).expect_pause(1s, back);
    book.expect_to_source(message().pong(0x43).pong(0x43)).expect_nothing_more_from(back);
    CHECK(book.acted() == std::vector<std::string>{"changed pong"});
  }
}

TEST_CASE("the other messages of the return path") {
  check_back("drop-shut", message().pong(1).shut(), message().pong(1));
  check_back("set-shut,to=1", message().shut(0), message().shut(1));
  check_back("drop-resume-ack", message().resume_ack().pong(1), message().pong(1));
  check_back("set-resume-ack,to=0", message().resume_ack(), message().resume_ack(0));
  check_back("drop-switchover-ack", message().switchover_ack().pong(1), message().pong(1));
  check_back("duplicate-switchover-ack", message().switchover_ack(),
             message().switchover_ack().switchover_ack());
  const auto bitmap = message().recv_bitmap("pc.ram", 64).pong(1);
  check_back("drop-recv-bitmap", bitmap, message().pong(1));
  check_back("duplicate-recv-bitmap,block=pc.ram", bitmap,
             message().recv_bitmap("pc.ram", 64).recv_bitmap("pc.ram", 64).pong(1));
  auto changed = bitmap.bytes();
  changed[4 + 7 + 8 + 3] ^= std::byte{0xff};
  check_back("flip-recv-bitmap,field=payload,at=3,mask=0xff", bitmap, changed);
  changed = bitmap.bytes();
  changed.erase(changed.end() - 10, changed.end() - 8);
  check_back("truncate-recv-bitmap,by=2", bitmap, changed);
}

TEST_CASE("page requests keep their block when the one that named it is gone") {
  const auto sent = message().request("pc.ram", 0).request("", 0x1000).request("", 0x2000);
  check_back("drop-page-request", sent, message().request("pc.ram", 0x1000).request("", 0x2000));
  check_back("drop-page-request,offset=0x1000", sent, message().request("pc.ram", 0).request("", 0x2000));
  check_back("drop-page-request,block=pc.ram,skip=2", sent,
             message().request("pc.ram", 0).request("", 0x1000));
  check_back("set-page-request,field=offset,to=0x9000", sent,
             message().request("pc.ram", 0x9000).request("", 0x1000).request("", 0x2000));
}

TEST_CASE("commands") {
  const auto discard = unit().discard("pc.ram", {{0, 0x1000}, {0x2000, 0x1000}}).ping(2);
  check_there("drop-discard", discard, unit().ping(2));
  check_there("drop-discard,block=pc.ram", discard, unit().ping(2));
  check_there("duplicate-discard", discard,
              unit().discard("pc.ram", {{0, 0x1000}, {0x2000, 0x1000}}).raw(discard.bytes()));
  check_there("drop-switchover-start", unit().switchover_start().ping(2), unit().ping(2));
  check_there("drop-resume", unit().resume().ping(2), unit().ping(2));
  check_there("drop-recv-bitmap-request,block=pc.bios",
              unit().recv_bitmap_request("pc.ram").recv_bitmap_request("pc.bios"),
              unit().recv_bitmap_request("pc.ram"));
  check_there("drop-command,name=discard", discard, unit().ping(2));
  check_there("drop-command,name=ping,skip=2", unit().ping(8).ping(9), unit().ping(8));
  check_there("set-ping,value=2,to=7", unit().ping(2), unit().ping(7));
  check_there("duplicate-ping,value=2", unit().ping(2), unit().ping(2).ping(2));
}

TEST_CASE("at the start of the stream") {
  const auto start = [](const std::string& rule) {
    Playbook book({rule}, 7);
    book.from_source(before_switchover());
    return book.sent(Direction::forward);
  };
  auto s = unit().file_header().configuration().ping(1).advise();
  s.ram_setup(1, {{"pc.ram", 0x40000}, {"pc.bios", 0x10000}});
  CHECK(start("drop-open-return-path") == s.bytes());
  s = unit().file_header().configuration().open_return_path().ping(1);
  s.ram_setup(1, {{"pc.ram", 0x40000}, {"pc.bios", 0x10000}});
  CHECK(start("drop-advise") == s.bytes());
  s = unit().file_header().configuration("pc-i440fx-9.9").open_return_path().ping(1).advise();
  s.ram_setup(1, {{"pc.ram", 0x40000}, {"pc.bios", 0x10000}});
  CHECK(start("set-configuration,to=pc-i440fx-9.9") == s.bytes());
  s = unit().file_header().configuration("q35").open_return_path().ping(1).advise();
  s.ram_setup(1, {{"pc.ram", 0x40000}, {"pc.bios", 0x10000}});
  CHECK(start("set-configuration,to=q35") == s.bytes());  // its length is counted anew
}

TEST_CASE("configuration goes with its subsections") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-configuration"}, chunk);
    auto sent = unit().file_header().configuration().target_page_bits(12).capabilities({"x-ignore-shared"});
    sent.uuid(7).open_return_path();
    book.from_source(sent).expect_to_destination(unit().file_header().open_return_path());
  }
}

TEST_CASE("the end of a precopy stream") {
  const auto run = [](const std::string& rule, std::size_t chunk) {
    Playbook book({rule}, chunk);
    book.from_source(precopy_stream());
    return book.sent(Direction::forward);
  };
  const auto whole = precopy_stream().bytes();
  const auto text = std::string_view(R"({"page_size":4096,"devices":[]})").size() + 5;
  for (const auto chunk : chunkings) {
    CHECK(run("drop-vm-description", chunk) ==
          Buffer(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(text)));
    auto changed = whole;
    changed[whole.size() - text + 4] ^= std::byte{1};
    CHECK(run("flip-vm-description,field=length,mask=1", chunk) == changed);
    changed = whole;
    changed.erase(changed.end() - static_cast<std::ptrdiff_t>(text) - 1);
    CHECK(run("drop-eof", chunk) == changed);
    CHECK(run("truncate-vm-description,by=3", chunk) == Buffer(whole.begin(), whole.end() - 3));
  }
}

TEST_CASE("sections and zero pages") {
  const auto part = unit().section_part(1).zero_page("pc.ram", 0).page("", 0x1000).eos().footer(1);
  check_there("drop-section,name=ram,skip=1", part, unit());
  check_there("duplicate-section,name=ram,skip=1", part, unit().raw(part.bytes()).raw(part.bytes()));
  check_there("drop-zero-page", part, unit().section_part(1).page("pc.ram", 0x1000).eos().footer(1));
  check_there("drop-footer,name=ram,skip=1", part,
              unit().section_part(1).zero_page("pc.ram", 0).page("", 0x1000).eos());
  check_there("truncate-page,by=4000", part, [&] {
    auto expected = part.bytes();
    expected.erase(expected.end() - 13 - 4000, expected.end() - 13);
    return unit().raw(expected);
  }());
  check_there("duplicate-page", part, [&] {
    auto expected =
        unit().section_part(1).zero_page("pc.ram", 0).page("", 0x1000).page("", 0x1000).eos().footer(1);
    return expected;
  }());
}

TEST_CASE("device sections outside a package") {
  for (const auto chunk : chunkings) {
    Playbook book({"drop-device,name=apic"}, chunk);
    book.from_source(precopy_stream());
    auto expected = unit().file_header().configuration();
    expected.ram_setup(2, {{"pc.ram", 0x20000}});
    expected.section_part(2).page("pc.ram", 0).page("", 0x1000).eos().footer(2);
    expected.section_end(2).zero_page("pc.ram", 0x2000).eos().footer(2);
    expected.device(40, "globalstate", 104).eof().vm_description(R"({"page_size":4096,"devices":[]})");
    book.expect_to_destination(expected);
    check_readable(expected);
  }
}

TEST_CASE("multifd packets") {
  MultifdBuilder sent;
  sent.init(0).packet({.normal = {0, 0x1000}}).packet({.normal = {0x2000}}).packet({.flags = 1});
  MultifdBuilder one;
  one.init(0);
  const auto init = one.size();
  one.packet({.normal = {0, 0x1000}});
  const auto first = one.size() - init;
  for (const auto chunk : chunkings) {
    const auto run = [&](const std::string& rule) {
      Playbook book({rule}, chunk);
      book.from_source(before_switchover()).open().from_source(sent);
      return book.sent(Direction::forward);
    };
    auto expected = sent.bytes();
    CHECK(run("drop-ping,value=77") == expected);
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(init),
                   expected.begin() + static_cast<std::ptrdiff_t>(init + first));
    CHECK(run("drop-multifd-packet,block=pc.ram") == expected);
    expected = sent.bytes();
    expected[init + 1344 + 9] ^= std::byte{4};
    CHECK(run("flip-multifd-packet,at=1353,mask=4") == expected);
    expected = sent.bytes();
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(init + first - 96),
                   expected.begin() + static_cast<std::ptrdiff_t>(init + first));
    CHECK(run("truncate-multifd-packet,by=96") == expected);
  }
}

TEST_CASE("notes: one for each unit, pages only when asked for") {
  const auto notes = [](bool pages) {
    proxy::SessionOptions options;
    options.note_pages = pages;
    proxy::FaultSession session({}, options);
    proxy::OutputPlan plan;
    const auto id = session.open_connection(plan);
    const auto stream = postcopy_stream();
    session.feed(id, Direction::forward, stream, plan);
    std::size_t count = 0;
    for (const auto& step : plan.steps())
      if (std::holds_alternative<proxy::Note>(step)) ++count;
    return count;
  };
  CHECK(notes(true) == notes(false) + 6);
  proxy::FaultSession session({});
  proxy::OutputPlan plan;
  const auto id = session.open_connection(plan);
  const auto stream = postcopy_stream();
  session.feed(id, Direction::forward, stream, plan);
  std::uint64_t pages = 0;
  for (const auto& count : session.unit_counts())
    if (count.unit == "page" || count.unit == "zero-page") pages += count.count;
  CHECK(pages == 6);
}
