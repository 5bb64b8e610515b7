// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector/helpers.hpp"
#include "mig/wire.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

TEST_CASE("a whole postcopy migration, unit by unit") {
  const auto out = forward(postcopy_stream());
  CHECK_FALSE(out.error);
  const Lines expected = {
      "off=0x0 len=8 file-header version=3",
      "off=0x8 len=18 configuration machine=pc-i440fx-7.2",
      "off=0x1a len=5 open-return-path",
      "off=0x1f len=9 ping value=0x1",
      "off=0x28 len=21 advise page_size_summary=0x1000 target_page_size=0x1000",
      "off=0x3d len=17 section type=START section_id=1 idstr=ram instance_id=0 version_id=4",
      "off=0x4e len=8 ram-blocks total=0x50000",
      "off=0x56 len=15 ram-block block=pc.ram used_length=0x40000",
      "off=0x65 len=16 ram-block block=pc.bios used_length=0x10000",
      "off=0x75 len=8 ram-eos",
      "off=0x7d len=5 footer section_id=1",
      "off=0x82 len=5 section type=PART section_id=1 idstr=ram",
      "off=0x87 len=15 page block=pc.ram offset=0x0 size=4096",
      "off=0x96 len=4096 payload kind=page at=0x0",
      "off=0x1096 len=8 page block=pc.ram offset=0x1000 size=4096 continue",
      "off=0x109e len=4096 payload kind=page at=0x0",
      "off=0x209e len=9 zero-page block=pc.ram offset=0x2000 continue",
      "off=0x20a7 len=8 ram-eos",
      "off=0x20af len=5 footer section_id=1",
  };
  REQUIRE(out.lines.size() > expected.size());
  CHECK(Lines(out.lines.begin(), out.lines.begin() + static_cast<std::ptrdiff_t>(expected.size())) ==
        expected);
  CHECK(out.lines.back().ends_with("len=1 eof"));
}

TEST_CASE("a precopy stream ends with its VM description") {
  const auto out = forward(precopy_stream());
  CHECK_FALSE(out.error);
  REQUIRE(out.lines.size() > 3);
  const Lines tail(out.lines.end() - 3, out.lines.end());
  CHECK(tail[0].ends_with("eof"));
  CHECK(tail[1].ends_with("vm-description length=31"));
  CHECK(tail[2].ends_with("len=31 payload kind=vm-description at=0x0"));
}

TEST_CASE("the configuration section and its subsections") {
  StreamBuilder s;
  s.file_header()
      .configuration("virt-10.0")
      .target_page_bits(14)
      .capabilities({"x-ignore-shared", "mapped-ram"});
  s.uuid(0xab).open_return_path();
  const auto out = forward(s);
  CHECK_FALSE(out.error);
  CHECK(out.lines[1].ends_with("configuration machine=virt-10.0"));
  CHECK(out.lines[2].ends_with("target-page-bits bits=14"));
  CHECK(out.lines[3].ends_with("capabilities count=2"));
  CHECK(out.lines[4].ends_with("capability name=x-ignore-shared"));
  CHECK(out.lines[6].ends_with("uuid uuid=abababababababababababababababab"));
  CHECK(out.lines[7].ends_with("open-return-path"));
}

TEST_CASE("what the configuration says becomes known to the tables") {
  StreamTables tables;
  ForwardParser parser(tables);
  EventLog log;
  StreamBuilder s;
  s.file_header()
      .configuration("virt-10.0")
      .target_page_bits(16)
      .capabilities({"x-ignore-shared"})
      .open_return_path();
  CHECK_FALSE(parser.feed(s, log));
  CHECK(tables.page_size == 65536);
  CHECK(tables.page_size_source == PageSizeSource::target_page_bits);
  CHECK(tables.ignore_shared);
  CHECK_FALSE(tables.mapped_ram);
  CHECK(tables.name(tables.machine) == "virt-10.0");
}

TEST_CASE("a stream without configuration section and footers (machine 2.3 and older)") {
  StreamBuilder s;
  s.file_header().section_start(1, "ram", 0, 4).ram_blocks({{"pc.ram", 0x2000}}).eos();
  s.section_part(1).page("pc.ram", 0).eos().section_end(1).eos();
  s.section_full(3, "timer").fill(24, 0x7e).section_full(4, "cpu").fill(9, 0);
  const auto out = forward(s);
  CHECK_FALSE(out.error);  // the first device's state goes on to the end: nothing in it can be told apart
  CHECK(out.lines.back().find("kind=device-state") != std::string::npos);
}

TEST_CASE("configuration without footers (send-section-footer=off): the first RAM section decides") {
  StreamBuilder s;
  s.file_header().configuration().section_start(1, "ram", 0, 4).ram_blocks({{"pc.ram", 0x2000}}).eos();
  s.section_part(1).zero_page("pc.ram", 0).eos().section_end(1).eos().section_full(3, "timer").fill(24, 0x7e);
  const auto out = forward(s);
  CHECK_FALSE(out.error);
  CHECK(out.lines.back().ends_with("len=24 payload kind=device-state at=0x0"));
}

namespace {

StreamBuilder without_footers() {
  StreamBuilder s;
  s.file_header().configuration().section_start(1, "ram", 0, 4).ram_blocks({{"pc.ram", 0x2000}}).eos();
  s.section_part(1).zero_page("pc.ram", 0).eos();
  return s;
}

bool has_line(const Outcome& out, const char* ending) {
  return std::any_of(out.lines.begin(), out.lines.end(),
                     [&](const auto& line) { return line.ends_with(ending); });
}

}  // namespace

TEST_CASE("without footers the devices of precopy end at the EOF mark with the VM description behind it") {
  auto s = without_footers();
  s.section_end(1).eos().section_full(3, "timer").fill(24, 0).section_full(4, "cpu");
  s.raw({0, 6, 0, 0, 0, 2, '{', '}', 0, 6, 0xff, 0, 0, 0, '{', '"', 0, 0});  // as if, in a device's state
  s.eof().vm_description(R"({"page_size": 4096})");
  const auto out = forward(s);
  CHECK_FALSE(out.error);
  CHECK(has_line(out, "eof"));
  CHECK(out.lines.back().ends_with("len=19 payload kind=vm-description at=0x0"));
}

TEST_CASE("without footers the devices of a package end at its last commands") {
  for (const bool later : {true, false}) {
    CAPTURE(later);
    S package;
    package.listen().section_full(3, "timer").fill(24, 0).section_full(4, "cpu").fill(9, 8).ping(3);
    if (later) package.ping(0x42);
    auto s = without_footers();
    s.package(package.run()).section_part(1).zero_page("pc.ram", 0).eos();
    const auto out = forward(s);
    CHECK_FALSE(out.error);
    CHECK(has_line(out, "ping value=0x3 in_package"));
    CHECK(has_line(out, "ping value=0x42 in_package") == later);
    CHECK(has_line(out, "run in_package"));
    CHECK(out.lines.back().ends_with("ram-eos"));
  }
}

TEST_CASE("without footers a package that ends in a device, and not with RUN, is that device's to its end") {
  auto s = without_footers();
  s.package(S().listen().section_full(3, "timer").fill(24, 0)).section_part(1).zero_page("pc.ram", 0).eos();
  const auto out = forward(s);
  CHECK_FALSE(out.error);
  CHECK(out.lines.back().ends_with("ram-eos"));
}

TEST_CASE("devices may stand before the RAM (virtio-mem-device-early), with ids and instances of any kind") {
  StreamBuilder s;
  s.file_header().configuration().device(41, "0000:00:03.0/virtio-mem-device-early", 30, 0);
  s.section_full(0, std::string(255, 'd'), 0x80000001, 12).fill(7, 1).footer(0);
  s.ram_setup(2, {{"pc.ram", 0x20000}}).section_part(2).eos().footer(2);
  const auto out = forward(s);
  CHECK_FALSE(out.error);
  CHECK(out.lines[2].ends_with("idstr=0000:00:03.0/virtio-mem-device-early instance_id=0 version_id=0"));
  CHECK(out.lines[5].ends_with("instance_id=2147483649 version_id=12"));
  CHECK(out.lines.back().ends_with("footer section_id=2"));
}

TEST_CASE("a background snapshot ends its RAM without an END section") {
  StreamBuilder s;
  s.file_header().configuration().ram_setup(2, {{"pc.ram", 0x20000}});
  s.section_part(2).page("pc.ram", 0).eos().footer(2).device(6, "apic", 40, 3).eof().vm_description("{}");
  const auto out = forward(s);
  CHECK_FALSE(out.error);
  CHECK(out.lines.back().ends_with("len=2 payload kind=vm-description at=0x0"));
}

TEST_CASE("bytes after the end come out, without being an error") {
  auto s = precopy_stream();
  s.fill(100, 0);
  CHECK(forward(s).lines.back().ends_with("len=100 payload kind=after-end at=0x0"));
  // No VM description (machine 2.2 and older), then the messages of COLO.
  const auto colo = elements(StreamBuilder().section_end(1).eos().footer(1).eof().be32(0).be32(1), with_ram);
  CHECK_FALSE(colo.error);
  CHECK(colo.lines.back().ends_with("len=8 payload kind=after-end at=0x0"));
  // Behind a postcopy stream there is none, whatever the next byte is.
  const auto out = forward(StreamBuilder(postcopy_stream()).vm_description("{}"));
  CHECK_FALSE(out.error);
  CHECK(out.lines.back().ends_with("len=7 payload kind=after-end at=0x0"));
}

TEST_CASE("a resumed main channel starts with a command and uses the names of the first one") {
  StreamBuilder s;
  s.recv_bitmap_request("pc.ram").resume().section_part(1).page("pc.ram", 0x3000).eos().footer(1);
  const auto out = elements(s, with_ram);
  CHECK_FALSE(out.error);
  CHECK(out.lines[0].ends_with("recv-bitmap-request block=pc.ram"));
  CHECK(out.lines[1].ends_with("resume"));
  CHECK(out.lines[2].ends_with("section type=PART section_id=1 idstr=ram"));
}

TEST_CASE("errors carry cause and offset, and the rest comes out unparsed") {
  const auto from_start = ForwardStart::file_header;
  refused(S().be32(0x12345678).be32(3), ParseErrc::not_migration, 0, from_start, {});
  refused(S().file_header(2), ParseErrc::bad_file_version, 0, from_start, {});
  refused(S().file_header().u8(7).be32(256).fill(256, 'x'), ParseErrc::bad_configuration, 8, from_start, {});
  refused(S().file_header().configuration("m").u8(5).cstr("configuration/new").be32(1),
          ParseErrc::bad_configuration, 14, from_start, {});
  refused(S().file_header().configuration("m").target_page_bits(40), ParseErrc::bad_configuration, 14,
          from_start, {});
  refused(S().ping(1).raw({0x55, 1, 2, 3}), ParseErrc::unknown_element, 9);
  refused(S().ping(1).section_part(77), ParseErrc::unknown_section, 9);
  refused(S().section_full(9, "a\x01z"), ParseErrc::bad_section_header, 0);
  refused(S().section_full(9, ""), ParseErrc::bad_section_header, 0);
  refused(S().section_part(1).eos().ping(1), ParseErrc::expected_footer, 13);
  refused(S().eof().u8(6).be32(wire::max_vm_description + 1), ParseErrc::bad_vm_description, 1);
}

TEST_CASE("a stream that ends inside a unit is truncated there") {
  const StreamBuilder whole = postcopy_stream();
  StreamBuilder cut;
  cut.raw(Bytes(whole).first(0x96 + 100));  // inside the first page
  check_error(forward(cut), ParseErrc::truncated, 0x96 + 100);
  StreamBuilder header;
  header.raw(Bytes(whole).first(0x1f + 4));  // inside a PING
  const auto out = forward(header);
  check_error(out, ParseErrc::truncated, 0x1f);
  CHECK(out.lines.back().ends_with("len=4 unparsed cause=truncated"));
}

TEST_CASE("a stream may end at any unit boundary: connections break") {
  StreamBuilder s;
  s.section_part(1).page("pc.ram", 0).eos();  // its footer is sent with the next unit
  CHECK_FALSE(elements(s, with_ram).error);
}

TEST_CASE("a capture gap inside a page is survived, elsewhere it is an error") {
  StreamTables tables;
  with_ram(tables);
  EventLog log;
  ForwardParser parser(tables, ForwardStart::element);
  StreamBuilder before;
  before.section_part(1).page("pc.ram", 0);
  const auto page_start = before.size() - 4096;
  CHECK_FALSE(parser.feed(Bytes(before).first(page_start + 96), log));
  CHECK_FALSE(parser.skip(4000, log));
  CHECK_FALSE(parser.feed(StreamBuilder().eos().footer(1).ping(7), log));
  CHECK(log.all<Ping>().size() == 1);
  CHECK(log.all<Missing>().size() == 1);

  const auto error = parser.skip(1, log);  // between two units nobody knows what is missing
  REQUIRE(error);
  CHECK(error->code == ParseErrc::lost_bytes);
  CHECK(parser.feed(StreamBuilder().ping(8), log));
  CHECK(log.all<Ping>().size() == 1);
}

TEST_CASE("a parser continues from the state of another") {
  const auto stream = postcopy_stream();
  StreamTables tables;
  ForwardParser parser(tables);
  EventLog log;
  CHECK_FALSE(parser.feed(Bytes(stream).first(0x1f + 5), log));  // inside a PING: 5 bytes held
  CHECK(parser.held().size() == 5);
  ForwardParser other(tables, parser.state());
  CHECK_FALSE(other.feed(Bytes(stream).subspan(0x1f + 5), log));
  CHECK(log.bytes() == stream.bytes());
  CHECK(log.all<EndOfStream>().size() == 1);
}

TEST_CASE("never more than a header is held") {
  CHECK(forward(postcopy_stream()).most_held <= HeldBytes::capacity);
  StreamBuilder s;
  s.section_part(1).page("pc.ram", 0);
  StreamTables tables;
  with_ram(tables);
  ForwardParser parser(tables, ForwardStart::element);
  EventLog log;
  CHECK_FALSE(parser.feed(Bytes(s).first(s.size() - 1), log));
  CHECK(parser.held().empty());  // payload passes as it comes
}
