// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector/helpers.hpp"

using namespace mig;
using namespace mig::test;
using M = MultifdBuilder;

namespace {

constexpr std::size_t header = 320 + 8 * 128;

Outcome channel(const M& stream) { return for_each_split(stream, parse_with<MultifdParser>(with_ram)); }

}  // namespace

TEST_CASE("init, a packet with normal and zero pages, a SYNC packet") {
  M m;
  m.init(1).packet({.normal = {0x1000, 0x3000}, .zero = {0x2000}}).packet({.flags = 1, .block = ""});
  const auto out = channel(m);
  CHECK_FALSE(out.error);
  REQUIRE(out.lines.size() == 9);
  CHECK(out.lines[0] ==
        "off=0x0 len=64 multifd-init version=1 channel_id=1 uuid=00000000000000000000000000000000");
  CHECK(out.lines[1] ==
        "off=0x40 len=320 multifd-packet packet_num=0 flags=0x0 block=pc.ram normal_pages=2 zero_pages=1 "
        "size=8192");
  CHECK(out.lines[2].ends_with("len=8 multifd-page block=pc.ram offset=0x1000"));
  CHECK(out.lines[4].ends_with("len=8 multifd-page block=pc.ram offset=0x2000 zero"));
  CHECK(out.lines[5].ends_with("len=1000 payload kind=unused-offsets at=0x0"));
  CHECK(out.lines[6].ends_with("len=8192 payload kind=multifd-data at=0x0"));
  CHECK(out.lines[7].ends_with("multifd-packet packet_num=1 flags=0x1 normal_pages=0 zero_pages=0 size=0"));
}

TEST_CASE("fields left over from earlier packets mean nothing (senders before 9.0)") {
  M m;
  m.init(0)
      .packet({.flags = 1, .block = "stale", .next_packet_size = 524288, .unused = 0xcd}, 0)
      .packet({.normal = {0}});
  const auto out = channel(m);
  CHECK_FALSE(out.error);
  CHECK(out.lines[1].ends_with("flags=0x1 normal_pages=0 zero_pages=0 size=0"));
}

TEST_CASE("a SYNC packet may carry pages (7.2)") {
  const auto out = channel(M().init(0).packet({.flags = 1, .normal = {0x1000}}).packet({}));
  CHECK_FALSE(out.error);
  CHECK(out.lines[1].find("flags=0x1 block=pc.ram normal_pages=1") != std::string::npos);
}

TEST_CASE("compressed packets are as long as next_packet_size says") {
  for (const std::uint32_t method : {0x02U, 0x04U, 0x08U, 0x10U, 0x20U}) {
    M m;
    m.init(0).packet({.flags = method, .normal = {0, 0x1000}, .next_packet_size = 77}, 77).packet({});
    const auto out = channel(m);
    CHECK_FALSE(out.error);
    CHECK(out.lines[5].ends_with("len=77 payload kind=multifd-data at=0x0"));
  }
}

TEST_CASE("other target page sizes: as many offsets as pages fit into 512 KiB") {
  for (const std::uint32_t page : {1024U, 8192U, 16384U, 65536U}) {
    CAPTURE(page);
    const auto offsets = 524288 / page;
    StreamBuilder s;
    s.raw(Bytes(M().init(0)));
    s.be32(0x11223344).be32(1).be32(0).be32(offsets).be32(1).be32(page).be64(0).be32(1).fill(28, 0);
    s.raw(as_bytes("pc.ram")).fill(250, 0).be64(page).be64(0).fill(8 * (offsets - 2), 0).fill(page, 7);
    s.raw(Bytes(M().packet({.flags = 1, .block = ""})).first(320)).fill(8 * offsets, 0);
    for (const bool stated : {true, false}) {
      const auto prepare = [&](StreamTables& t) {
        with_ram(t);
        t.know_page_size(stated ? page : 4096, stated ? PageSizeSource::preset : PageSizeSource::assumed);
      };
      const auto out = for_each_split(s, parse_with<MultifdParser>(prepare));
      CHECK_FALSE(out.error);
      REQUIRE(out.lines.size() == 8);
      CHECK(out.lines[5].ends_with("len=" + std::to_string(page) + " payload kind=multifd-data at=0x0"));
      CHECK(out.lines[6].find("multifd-packet packet_num=0 flags=0x1") != std::string::npos);
    }
  }
}

TEST_CASE("device-state packets have a header of their own") {
  const auto out = channel(M().init(0).device_state("0000:00:05.0/vfio", 3, 500).packet({}));
  CHECK_FALSE(out.error);
  CHECK(out.lines[1] ==
        "off=0x40 len=276 multifd-device-state idstr=0000:00:05.0/vfio instance_id=3 flags=0x40 size=500");
  CHECK(out.lines[2].ends_with("len=500 payload kind=multifd-data at=0x0"));
}

TEST_CASE("errors of multifd channels") {
  check_error(channel(M().init(0, 0x11223345)), ParseErrc::bad_multifd_magic, 0);
  check_error(channel(M().init(0, 0x11223344, 2)), ParseErrc::bad_multifd_version, 0);
  check_error(channel(M().init(0).packet({}).init(0, 0x55)), ParseErrc::bad_multifd_magic, 64 + header);
  StreamBuilder counts;  // 100 normal and 29 zero pages, one more than a packet has
  counts.raw(Bytes(M().init(0)))
      .be32(0x11223344)
      .be32(1)
      .be32(0)
      .be32(128)
      .be32(100)
      .be32(100 * 4096)
      .be64(0);
  counts.be32(29).fill(284 + 1024, 0);
  check_error(for_each_split(counts, parse_with<MultifdParser>(with_ram)), ParseErrc::bad_multifd_packet, 64);
  check_error(channel(M().init(0).packet({.normal = {0x40000}})), ParseErrc::page_outside_block, 64 + 320);
  check_error(channel(M().init(0).packet({.normal = {0}, .next_packet_size = 4095})),
              ParseErrc::bad_multifd_packet, 64);
  check_error(channel(M().init(0).packet({.flags = 2, .normal = {0}, .next_packet_size = 1U << 30}, 0)),
              ParseErrc::bad_multifd_packet, 64);
  M cut;
  cut.init(0).packet({.normal = {0}}, 100);
  check_error(channel(cut), ParseErrc::truncated, 64 + header + 100);
}
