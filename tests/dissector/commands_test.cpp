// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector/helpers.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

TEST_CASE("commands without payload carry their own names") {
  S s;
  s.open_return_path().listen().run().command(8).resume().switchover_start();
  const auto out = elements(s);
  CHECK_FALSE(out.error);
  CHECK(out.lines == Lines{"off=0x0 len=5 open-return-path", "off=0x5 len=5 listen", "off=0xa len=5 run",
                           "off=0xf len=5 enable-colo", "off=0x14 len=5 resume",
                           "off=0x19 len=5 switchover-start"});
}

TEST_CASE("POSTCOPY_ADVISE tells the target page size; without RAM it is empty") {
  StreamTables tables;
  EventLog log;
  ForwardParser parser(tables, ForwardStart::element);
  CHECK_FALSE(parser.feed(S().command(3), log));
  CHECK(tables.advised);
  CHECK_FALSE(tables.advised_ram);
  CHECK(tables.page_size_source == PageSizeSource::assumed);
  CHECK_FALSE(parser.feed(S().advise(0x201000, 8192), log));
  CHECK(tables.advised_ram);
  CHECK(tables.page_size == 8192);
  CHECK(tables.page_size_source == PageSizeSource::postcopy_advise);
}

TEST_CASE("POSTCOPY_RAM_DISCARD: block, then up to twelve ranges") {
  S s;
  s.discard("pc.ram", {{0x1000, 0x2000}, {0x8000, 0x1000}}).ping(2);
  const auto out = elements(s, with_ram);
  CHECK_FALSE(out.error);
  CHECK(out.lines == Lines{"off=0x0 len=14 discard block=pc.ram ranges=2",
                           "off=0xe len=16 discard-range start=0x1000 length=0x2000",
                           "off=0x1e len=16 discard-range start=0x8000 length=0x1000",
                           "off=0x2e len=9 ping value=0x2"});
}

TEST_CASE("a package is an inner stream between begin and end") {
  S s;
  s.package(postcopy_package()).ping(4);
  const auto out = elements(s, with_ram);
  CHECK_FALSE(out.error);
  REQUIRE(out.lines.size() == 16);
  const auto length = std::to_string(postcopy_package().size());
  CHECK(out.lines[0].ends_with("package length=" + length));
  CHECK(out.lines[1].ends_with("listen in_package"));
  CHECK(out.lines[2].ends_with(
      "section type=FULL section_id=6 idstr=apic instance_id=0 version_id=3 in_package"));
  CHECK(out.lines[3].ends_with("len=40 payload kind=device-state at=0x0"));
  CHECK(out.lines[4].ends_with("footer section_id=6"));
  CHECK(out.lines[12].ends_with("ping value=0x42 in_package"));
  CHECK(out.lines[13].ends_with("run in_package"));
  CHECK(out.lines[14].ends_with("len=0 package-end length=" + length));
  CHECK(out.lines[15].ends_with("ping value=0x4"));
}

TEST_CASE("an empty package begins and ends") {
  const auto out = elements(S().package(S()).ping(4));
  CHECK_FALSE(out.error);
  CHECK(out.lines == Lines{"off=0x0 len=9 package length=0", "off=0x9 len=0 package-end length=0",
                           "off=0x9 len=9 ping value=0x4"});
}

TEST_CASE("every command without payload refuses one") {
  for (const unsigned command : {1U, 4U, 5U, 8U, 9U, 11U}) {
    CAPTURE(command);
    refused(S().ping(1).command(command, S().be32(0)), ParseErrc::bad_command_length, 9);
  }
}

TEST_CASE("a discard of twelve ranges, and a block with the longest of names") {
  const std::string longest(255, 'n');
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges(12, {0x1000, 0x1000});
  const auto out = elements(S().discard(longest, ranges).recv_bitmap_request(longest).ping(1),
                            [&](StreamTables& t) { REQUIRE(t.add_block(longest, 0x40000)); });
  CHECK_FALSE(out.error);
  REQUIRE(out.lines.size() == 15);
  CHECK(out.lines[0].ends_with("discard block=" + longest + " ranges=12"));
  CHECK(out.lines[13].ends_with("recv-bitmap-request block=" + longest));
  CHECK(out.lines[14].ends_with("ping value=0x1"));
}

TEST_CASE("a package for dirty bitmaps alone: no PING 3, and RUN right behind a device") {
  const auto out = elements(S().package(S().listen().device(6, "apic").run()).ping(4), with_ram);
  CHECK_FALSE(out.error);
  REQUIRE(out.lines.size() == 8);
  CHECK(out.lines[5].ends_with("run in_package"));
}

TEST_CASE("a huge announced package costs no memory") {
  S s;
  s.package(S().listen(), 0xffffffff);
  const auto out = elements(s);
  check_error(out, ParseErrc::truncated, 14);
  CHECK(out.most_held <= HeldBytes::capacity);
}

TEST_CASE("errors of commands") {
  refused(S().command(0), ParseErrc::unknown_command, 0);
  refused(S().ping(1).command(12), ParseErrc::unknown_command, 9);
  refused(S().command(1, S().u8(0)), ParseErrc::bad_command_length, 0);
  refused(S().command(2, S().be16(1)), ParseErrc::bad_command_length, 0);
  refused(S().command(3, S().be64(4096)), ParseErrc::bad_command_length, 0);
  refused(S().advise(4096, 5000), ParseErrc::bad_command_length, 0);
  refused(S().command(7, S().be64(1)), ParseErrc::bad_command_length, 0);
  refused(S().command(10, S().u8(9).u8('x')).fill(20, 0), ParseErrc::bad_command_length, 0);
  refused(S().package(S().package(S().run())), ParseErrc::nested_package, 9);
  refused(S().package(S().listen().ping(3), 12), ParseErrc::package_overrun, 14);
  refused(S().package(S().listen().section_full(5, "apic").fill(20, 0)).ping(4), ParseErrc::package_overrun,
          9 + 5 + 18 + 20);
  refused(S().package(S().eof()), ParseErrc::unknown_element, 9);
  refused(S().discard("nowhere", {{0, 4096}}), ParseErrc::unknown_block, 0);
  refused(S().discard("pc.ram", {}), ParseErrc::bad_discard, 0);
  refused(S().command(6, S().u8(0).cstr("pc.ram").u8(0).be64(0)), ParseErrc::bad_discard, 0);
  refused(S().command(6, S().u8(0).cstr("pc.ram").u8(0).fill(13 * 16, 0)), ParseErrc::bad_discard, 0);
  refused(S().command(6, S().u8(1).cstr("pc.ram").u8(0).fill(16, 0)), ParseErrc::bad_discard, 0);
  refused(S().command(6, S().u8(0).cstr("pc.ram").u8(9).fill(16, 0)), ParseErrc::bad_discard, 0);
  refused(S().command(6, S().u8(0).cstr("").u8(0).fill(16, 0)), ParseErrc::unknown_block, 0);
  refused(S().command(6).fill(20, 0), ParseErrc::bad_discard, 0);
  refused(S().command(10).fill(20, 0), ParseErrc::bad_command_length, 0);
}
