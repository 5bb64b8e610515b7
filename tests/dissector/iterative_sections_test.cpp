// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector/helpers.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

namespace {

/// START, PART and END of an iterative section with these bodies, and a PING to see that the framing is kept.
Outcome section(std::string_view idstr, const S& start, const S& part, const S& end) {
  S s;
  s.section_start(7, idstr).raw(Bytes(start)).footer(7);
  s.section_part(7).raw(Bytes(part)).footer(7).section_end(7).raw(Bytes(end)).footer(7).ping(0x99);
  auto out = elements(s, [](StreamTables& t) { t.footers = true; });
  CHECK_FALSE(out.error);
  CHECK(out.lines.back().ends_with("ping value=0x99"));
  return out;
}

bool has(const Outcome& out, std::string_view text) {
  for (const auto& line : out.lines) {
    if (line.ends_with(text)) return true;
  }
  return false;
}

void refused_body(std::string_view idstr, const S& body, ParseErrc code) {
  S s;
  s.section_start(7, idstr);
  const auto at = s.size();
  s.raw(Bytes(body)).fill(40, 0xff);
  refused(s, code, at);
}

}  // namespace

TEST_CASE("dirty-bitmap: flags decide which parts a chunk has") {
  const S start = S().u8(0x1c).cstr("node0").cstr("bitmap0").be32(65536).u8(1).u8(1);
  const S part = S().u8(0x40).be64(128).be32(64).be64(32).fill(32, 0xaa).u8(0x42).be64(256).be32(64).u8(0x01);
  S end;
  end.u8(0x80).u8(0x2c).cstr("n").cstr("b");   // flags of two bytes
  end.u8(0x80).u8(0x80).be16(0x09).cstr("m");  // and of four, with EOS
  const auto out = section("dirty-bitmap", start, part, end);
  CHECK(has(out, "dirty-bitmap flags=0x1c node=node0"));
  CHECK(has(out, "bitmap-name bitmap=bitmap0"));
  CHECK(has(out, "bitmap-start granularity=65536 flags=0x1"));
  CHECK(has(out, "bitmap-bits start_sector=128 sectors=64 size=32"));
  CHECK(has(out, "len=32 payload kind=dirty-bitmap at=0x0"));
  CHECK(has(out, "bitmap-bits start_sector=256 sectors=64 size=0"));
  CHECK(has(out, "len=4 dirty-bitmap flags=0x802c node=n"));
  CHECK(has(out, "len=6 dirty-bitmap flags=0x80800009 node=m"));
}

TEST_CASE("block (up to 9.0): always a whole MiB of data, none for zeroes") {
  const S start = S().be64(2);
  const S part = S().be64((5ULL << 9) | 1)
                     .cstr("ide0")
                     .fill(1 << 20, 3)
                     .be64((9ULL << 9) | 9)
                     .cstr("ide0")
                     .be64((50ULL << 9) | 4)
                     .be64(2);
  const auto out = section("block", start, part, S().be64(2));
  CHECK(has(out, "block-chunk device=ide0 sector=5 flags=0x1 size=1048576"));
  CHECK(has(out, "len=1048576 payload kind=block-data at=0x0"));
  CHECK(has(out, "block-chunk device=ide0 sector=9 flags=0x9 size=0"));
  refused_body("block", S().be64(0x40), ParseErrc::bad_record);
}

TEST_CASE("vfio: tags; DEV_INIT_DATA_SENT ends a body without END_OF_STATE") {
  const S start = S().be64(0xffffffffef100003).be64(0xffffffffef100001);
  const S part = S().be64(0xffffffffef100004).be64(100).fill(100, 1).be64(0xffffffffef100005);
  const auto out = section("0000:00:05.0/vfio", start, part, S().be64(0xffffffffef100001));
  CHECK(has(out, "vfio-record tag=0xffffffffef100004 size=100"));
  CHECK(has(out, "len=100 payload kind=vfio-data at=0x0"));
  refused_body("0000:00:05.0/vfio", S().be64(0x1234), ParseErrc::bad_record);
}

TEST_CASE("vfio: the FULL section reuses the id of its START, PARTs go on to be known") {
  S s;
  s.section_start(7, "x/vfio").be64(0xffffffffef100003).be64(0xffffffffef100001).footer(7);
  s.section_full(7, "x/vfio").be64(0xffffffffef100002).fill(33, 1).be64(0xffffffffef100001).footer(7).ping(1);
  s.section_part(7).be64(0xffffffffef100001).footer(7);
  const auto out = elements(s, [](StreamTables& t) { t.footers = true; });
  CHECK_FALSE(out.error);
  CHECK(has(out, "len=49 payload kind=device-state at=0x0"));
  CHECK(has(out, "vfio-record tag=0xffffffffef100001 size=0"));
}

TEST_CASE("spapr/htab: records until an empty one") {
  const S part = S().be32(0).be32(100).be16(2).be16(1).fill(32, 7).be32(0).be16(0).be16(0);
  const auto out = section("spapr/htab", S().be32(21), part, S().be32(0xffffffff));
  CHECK(has(out, "htab-header value=0x15"));
  CHECK(has(out, "htab-record index=100 valid=2 invalid=1"));
  CHECK(has(out, "len=32 payload kind=htab-data at=0x0"));
  refused(S().section_start(7, "spapr/htab").be32(21).footer(7).section_part(7).be32(5).fill(40, 0),
          ParseErrc::bad_record, 24 + 4 + 5 + 5);
}

TEST_CASE("spapr/htab without a table has empty bodies") {
  const S nothing = S().be32(0xffffffff);
  CHECK(section("spapr/htab", nothing, nothing, nothing).lines.size() == 10);
}

TEST_CASE("s390 storage attributes: EOS may be missing behind DONE") {
  const S start = S().be64(0x1000 | 2).be64(10).fill(10, 1).be64(1);
  const auto out = section("s390-storage_attributes", start, S().be64(8), S().be64(8).be64(1));
  CHECK(has(out, "s390-record address=0x1000 flags=0x2 size=10"));
  CHECK(has(out, "len=10 payload kind=s390-data at=0x0"));
  CHECK(has(section("s390-storage_attributes", S().be64(1), S().be64(4), S().be64(1)),
            "s390-record address=0x0 flags=0x4 size=0"));  // ERROR ends the body
  refused_body("s390-storage_attributes", S().be64(0x20), ParseErrc::bad_record);
}

TEST_CASE("s390-skeys is a FULL section of known length") {
  S s;
  s.section_full(8, "s390-skeys").be64(0x2).be64(300).fill(300, 0x7e);
  s.be64(0x12c000 | 0x2).be64(10).fill(10, 3).be64(1).footer(8);
  s.section_full(9, "s390-skeys").be64(4).footer(9).ping(5);
  const auto out = elements(s, with_ram);
  CHECK_FALSE(out.error);
  CHECK(has(out, "len=300 payload kind=s390-data at=0x0"));
  CHECK(has(out, "s390-record address=0x12c000 flags=0x2 size=10"));
  CHECK(has(out, "ping value=0x5"));
}

TEST_CASE("an iterative section of unknown layout is delimited by its footer") {
  const auto out = section("vendor/new", S().fill(17, 1), S().fill(18, 2), S().fill(19, 3));
  CHECK(has(out, "len=18 payload kind=device-state at=0x0"));
}
