// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector/helpers.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

namespace {

constexpr std::uint64_t ram_offset = 5;  // behind the PART header

S part() { return S().section_part(1); }

void two_blocks(StreamTables& tables) {
  with_ram(tables);
  REQUIRE(tables.add_block("vga.vram", 0x10000));
}

/// The same, but nobody has said the page size.
void unknown_page_size(StreamTables& tables) {
  with_ram(tables);
  tables.know_page_size(4096, PageSizeSource::assumed);
}

/// START of "ram" with this block list written by hand, in a stream with these facts.
Outcome block_list(const S& list, std::function<void(StreamTables&)> facts) {
  S s;
  s.section_start(1, "ram", 0, 4)
      .raw(Bytes(list))
      .eos()
      .footer(1)
      .section_part(1)
      .page("pc.ram", 0)
      .eos()
      .footer(1);
  return elements(s, std::move(facts));
}

}  // namespace

TEST_CASE("every kind of page record") {
  S s = part();
  s.page("pc.ram", 0x1000).zero_page("", 0x2000);
  s.be64(0x3000 | 0x40 | 0x20).u8(1).be16(5).fill(5, 9);       // XBZRLE, CONTINUE
  s.be64(0x4000 | 0x100).cstr("vga.vram").be32(7).fill(7, 9);  // zlib page of up to 9.0
  s.be64(0x200).be64(0x80).eos().footer(1);                    // multifd flush, hook
  const auto out = elements(s, two_blocks);
  CHECK_FALSE(out.error);
  REQUIRE(out.lines.size() == 12);
  CHECK(out.lines[1].ends_with("page block=pc.ram offset=0x1000 size=4096"));
  CHECK(out.lines[3].ends_with("zero-page block=pc.ram offset=0x2000 continue"));
  CHECK(out.lines[4].ends_with("len=11 page block=pc.ram offset=0x3000 encoding=xbzrle size=5 continue"));
  CHECK(out.lines[6].ends_with("len=21 page block=vga.vram offset=0x4000 encoding=compressed size=7"));
  CHECK(out.lines[8].ends_with("multifd-flush"));
  CHECK(out.lines[9].ends_with("ram-hook flags=0x80"));
}

TEST_CASE("CONTINUE means the last block of this channel, across sections") {
  S s = part();
  s.page("pc.ram", 0).eos().footer(1).section_part(1).zero_page("", 0x1000).eos().footer(1);
  const auto out = elements(s, two_blocks);
  CHECK_FALSE(out.error);
  CHECK(out.lines[6].ends_with("zero-page block=pc.ram offset=0x1000 continue"));
}

TEST_CASE("a block with the longest of names: the longest header of a record") {
  const std::string longest(255, 'n');
  S s = part();
  s.be64(0x1000 | 0x100).cstr(longest).be32(3).fill(3, 1).eos().footer(1);
  const auto out = elements(s, [&](StreamTables& t) {
    with_ram(t);
    REQUIRE(t.add_block(longest, 0x4000));
  });
  CHECK_FALSE(out.error);
  CHECK(
      out.lines[1].ends_with("len=268 page block=" + longest + " offset=0x1000 encoding=compressed size=3"));
}

TEST_CASE("the preempt channel: RAM records only, with or without an EOS at its end") {
  S s;
  s.page("pc.ram", 0x1000).page("", 0x2000).eos();
  const auto out = forward(s, ForwardStart::ram_records, with_ram);
  CHECK_FALSE(out.error);
  CHECK(out.lines.back().ends_with("ram-eos"));
  CHECK_FALSE(forward(S().page("pc.ram", 0x1000), ForwardStart::ram_records, with_ram).error);
}

TEST_CASE("other target page sizes move the flags' border") {
  S s = part();
  s.be64(0x2000 | 0x08).cstr("pc.ram").fill(8192, 1).eos().footer(1);
  const auto out = elements(s, [](StreamTables& t) {
    with_ram(t);
    t.page_size = 8192;
  });
  CHECK_FALSE(out.error);
  CHECK(out.lines[1].ends_with("page block=pc.ram offset=0x2000 size=8192"));
}

TEST_CASE("a target page size that nobody states is found from the first page") {
  for (const std::uint32_t size : {256U, 1024U, 4096U, 8192U, 16384U, 32768U, 65536U}) {
    CAPTURE(size);
    S s = part();
    s.be64(0x10000 | 0x02).cstr("pc.ram").u8(0);  // a zero page says nothing
    for (std::uint64_t i = 0; i < 4; ++i) s.be64((i * size) | 0x08 | 0x20).fill(size, 0x3c);
    s.eos().footer(1);
    const auto out = elements(s, unknown_page_size);
    CHECK_FALSE(out.error);
    CHECK(out.lines.back().ends_with("footer section_id=1"));
    CHECK(out.lines[out.lines.size() - 3].ends_with("len=" + std::to_string(size) +
                                                    " payload kind=page at=0x0"));
  }
}

TEST_CASE(
    "256-byte pages are seen from zero pages alone: with a type flag, 0x100 and 0x200 are of the address") {
  for (const std::uint64_t second : {0x100U, 0x200U}) {
    S s = part();
    s.be64(0x02).cstr("pc.ram").u8(0).be64(second | 0x02 | 0x20).u8(0);
    s.be64(0x300 | 0x08 | 0x20).fill(256, 1).eos().footer(1);
    const auto out = elements(s, unknown_page_size);
    CHECK_FALSE(out.error);
    CHECK(out.lines[3].ends_with("page block=pc.ram offset=0x300 size=256 continue"));
  }
}

TEST_CASE("1 KiB pages are seen from zero pages alone") {
  S s = part();
  s.be64(0x400 | 0x02).cstr("pc.ram").u8(0).be64(0x800 | 0x08 | 0x20).fill(1024, 1).eos().footer(1);
  const auto out = elements(s, unknown_page_size);
  CHECK_FALSE(out.error);
  CHECK(out.lines[1].ends_with("zero-page block=pc.ram offset=0x400"));
  CHECK(out.lines[2].ends_with("page block=pc.ram offset=0x800 size=1024 continue"));
}

TEST_CASE("the block list: conditional fields are found without being announced") {
  const S plain = S().be64(0x300000 | 4).cstr("pc.ram").be64(0x200000).cstr("rom").be64(0x100000);
  SUBCASE("none") { CHECK_FALSE(block_list(plain, {}).error); }
  SUBCASE("page size of huge-page blocks, after ADVISE with more than one page size") {
    const S s =
        S().be64(0x300000 | 4).cstr("pc.ram").be64(0x200000).be64(0x200000).cstr("rom").be64(0x100000);
    const auto facts = [](StreamTables& t) {
      t.advised = t.advised_ram = true;
      t.page_size_summary = 0x201000;
    };
    const auto out = block_list(s, facts);
    CHECK_FALSE(out.error);
    CHECK(out.lines[3].ends_with("block-page-size block=pc.ram page_size=0x200000"));
    CHECK_FALSE(block_list(plain, facts).error);  // and its absence
  }
  SUBCASE("a host whose pages are larger than the target's: its smallest page size is not mentioned") {
    for (const std::uint64_t summary : {0x10000U, 0x210000U}) {
      CHECK_FALSE(block_list(plain, [&](StreamTables& t) {
                    t.advised = t.advised_ram = true;
                    t.page_size_summary = summary;
                  }).error);
    }
  }
  SUBCASE("nothing but huge pages: every block says so") {
    const S s =
        S().be64(0x600000 | 4).cstr("pc.ram").be64(0x400000).be64(0x200000).cstr("rom").be64(0x200000);
    const auto out = block_list(S(s).be64(0x200000), [](StreamTables& t) {
      t.advised = t.advised_ram = true;
      t.page_size_summary = 0x200000;
    });
    CHECK_FALSE(out.error);
    CHECK(out.lines[5].ends_with("block-page-size block=rom page_size=0x200000"));
  }
  SUBCASE("guest addresses that look like page sizes") {
    const auto facts = [](StreamTables& t) {
      t.advised = t.advised_ram = t.ignore_shared = true;
      t.page_size_summary = 0x40201000;
    };
    S s;
    s.be64(0x700000 | 4).cstr("pc.ram").be64(0x400000).be64(0x200000).be64(0x40000000);  // both fields
    s.cstr("low").be64(0x200000).be64(0x200000);                                         // an address alone
    s.cstr("last").be64(0x100000).be64(0x40000000);                                      // and before EOS
    const auto out = block_list(s, facts);
    CHECK_FALSE(out.error);
    REQUIRE(out.lines.size() > 9);
    CHECK(out.lines[3].ends_with("block-page-size block=pc.ram page_size=0x200000"));
    CHECK(out.lines[4].ends_with("block-address block=pc.ram address=0x40000000"));
    CHECK(out.lines[6].ends_with("block-address block=low address=0x200000"));
    CHECK(out.lines[8].ends_with("block-address block=last address=0x40000000"));
    CHECK(out.lines[9].ends_with("ram-eos"));
  }
  SUBCASE("guest addresses with x-ignore-shared") {
    const S s = S().be64(0x300000 | 4)
                    .cstr("pc.ram")
                    .be64(0x200000)
                    .be64(0x40000000)
                    .cstr("rom")
                    .be64(0x100000)
                    .be64(0xffff0000);
    const auto out = block_list(s, [](StreamTables& t) { t.ignore_shared = true; });
    CHECK_FALSE(out.error);
    CHECK(out.lines[3].ends_with("block-address block=pc.ram address=0x40000000"));
  }
}

TEST_CASE("mapped-ram: bitmap and pages stand inside the stream of a file") {
  S s;
  s.section_start(1, "ram", 0, 4).be64(0x3000 | 4).cstr("pc.ram").be64(0x2000);
  const auto bitmap = s.size() + 28;  // offsets count from the start of the file
  s.be32(1).be64(4096).be64(bitmap).be64(bitmap + 64).fill(64, 0xff).fill(0x2000, 0x11);
  const auto second = s.cstr("pc.bios").be64(0x1000).size() + 28;
  s.be32(1).be64(4096).be64(second).be64(second + 8).fill(8, 0).fill(0x1000, 0x22).eos().footer(1);
  const auto out = elements(s, [](StreamTables& t) { t.mapped_ram = true; });
  CHECK_FALSE(out.error);
  CHECK(out.lines[4].ends_with("len=64 payload kind=mapped-ram-bitmap at=0x0"));
  CHECK(out.lines[5].ends_with("len=8192 payload kind=mapped-ram-pages at=0x0"));
  CHECK(out.lines[6].ends_with("ram-block block=pc.bios used_length=0x1000"));
  CHECK(out.lines[9].ends_with("len=4096 payload kind=mapped-ram-pages at=0x0"));
  CHECK(out.lines[10].ends_with("ram-eos"));
}

TEST_CASE(
    "mapped-ram together with x-ignore-shared: address first; a shared block has no bytes in the file") {
  S s;
  s.section_start(1, "ram", 0, 4).be64(0x2000 | 4).cstr("pc.ram").be64(0x2000).be64(0x100000);
  s.be32(1).be64(4096).be64(0).be64(0).eos().footer(1);
  const auto out = elements(s, [](StreamTables& t) { t.mapped_ram = t.ignore_shared = true; });
  CHECK_FALSE(out.error);
  CHECK(out.lines[3].ends_with("block-address block=pc.ram address=0x100000"));
  CHECK(out.lines[5].ends_with("ram-eos"));
}

TEST_CASE("errors of RAM records") {
  refused(part().be64(0x1000), ParseErrc::bad_ram_flags, ram_offset);
  refused(part().be64(0x1000 | 0x0a), ParseErrc::bad_ram_flags, ram_offset);
  refused(part().be64(0x1000 | 0x08 | 0x400), ParseErrc::bad_ram_flags, ram_offset);
  refused(part().be64(0x1010), ParseErrc::bad_ram_flags, ram_offset);
  refused(part().be64(0x10 | 0x20), ParseErrc::bad_ram_flags, ram_offset);
  refused(part().be64(0x1200), ParseErrc::bad_ram_flags, ram_offset);
  refused(part().be64(0x01), ParseErrc::bad_ram_flags, ram_offset);
  for (const unsigned flags : {0x04U, 0x80U, 0x200U})  // CONTINUE goes with pages only
    refused(part().be64(flags | 0x20), ParseErrc::bad_ram_flags, ram_offset);
  refused(part().zero_page("", 0), ParseErrc::unknown_block, ram_offset);
  refused(part().zero_page("pc.rom", 0), ParseErrc::unknown_block, ram_offset);
  refused(part().page("pc.ram", 0x40000), ParseErrc::page_outside_block, ram_offset);
  refused(part().zero_page("pc.ram", 0x40000), ParseErrc::page_outside_block, ram_offset);
  refused(part().zero_page("pc.ram", 0x3f000).zero_page("", 0x40000), ParseErrc::page_outside_block,
          ram_offset + 16);
  refused(part().be64(0x40).cstr("pc.ram").u8(1).be16(4097), ParseErrc::bad_record_length, ram_offset);
  refused(part().be64(0x40).cstr("pc.ram").u8(2).be16(1), ParseErrc::bad_record, ram_offset);
  refused(part().be64(0x100).cstr("pc.ram").be32(1 << 20), ParseErrc::bad_record_length, ram_offset);
  refused(S().be64(0x1000 | 4), ParseErrc::bad_ram_flags, 0, ForwardStart::ram_records);
  const auto start = S().section_start(2, "ram", 0, 4).size();
  refused(S().section_start(2, "ram", 0, 4).be64(0x1000 | 4).cstr("pc.ram").be64(0x2000),
          ParseErrc::bad_block_list, start + 8);
  refused(S().section_start(2, "ram", 0, 4).be64(0x1000 | 4).cstr("").be64(0x1000), ParseErrc::bad_block_list,
          start + 8);
  refused(S().section_start(2, "ram", 0, 4)
              .be64(0x1000 | 4)
              .cstr("m")
              .be64(0x1000)
              .be32(1)
              .be64(4096)
              .be64(100)
              .be64(99),
          ParseErrc::bad_record_length, start + 18, ForwardStart::element,
          [](StreamTables& t) { t.mapped_ram = true; });
}
