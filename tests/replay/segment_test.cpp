// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/segment.hpp"

#include <doctest/doctest.h>
#include <pcap/dlt.h>

#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::replay;
using S = mig::test::StreamBuilder;

namespace {

S tcp(std::string_view payload, int flags = 0x18) {
  S s;
  s.be16(5444)
      .be16(4444)
      .be32(100)
      .be32(200)
      .u8(0x50)
      .u8(static_cast<unsigned>(flags))
      .be16(0)
      .be16(0)
      .be16(0);
  return s.raw(as_bytes(payload));
}
S ipv4(const S& inner, int protocol = 6, int fragment = 0) {
  S s;
  s.u8(0x45)
      .u8(0)
      .be16(20 + inner.size())
      .be16(1)
      .be16(static_cast<unsigned>(fragment))
      .u8(64)
      .u8(static_cast<unsigned>(protocol))
      .be16(0);
  return s.be32(0x7f000001).be32(0x0a000002).raw(Bytes(inner));
}
S ipv6(const S& inner, int next = 6) {
  S s;
  s.be32(0x60000000)
      .be16(inner.size())
      .u8(static_cast<unsigned>(next))
      .u8(64)
      .be64(0)
      .be64(1)
      .be64(0x20010db800000000)
      .be64(2);
  return s.raw(Bytes(inner));
}
S ethernet(int type, const S& inner) {
  return S().fill(12, 0xee).be16(static_cast<unsigned>(type)).raw(Bytes(inner));
}

void check_payload(int link, const S& frame, std::string_view payload = "hello") {
  const auto s = decode_frame(link, frame);
  REQUIRE(s);
  CHECK(as_text(s->payload) == payload);
  CHECK(s->source.port == 5444);
  CHECK(s->sequence == 100);
}

}  // namespace

TEST_CASE("every link type leads to the same segment") {
  const auto packet = ipv4(tcp("hello"));
  check_payload(DLT_EN10MB, ethernet(0x0800, packet));
  check_payload(DLT_EN10MB, ethernet(0x8100, S().be16(7).be16(0x0800).raw(Bytes(packet))));
  check_payload(DLT_EN10MB,
                ethernet(0x88a8, S().be16(7).be16(0x8100).be16(9).be16(0x0800).raw(Bytes(packet))));
  check_payload(DLT_LINUX_SLL, S().fill(14, 0).be16(0x0800).raw(Bytes(packet)));
  check_payload(276, S().be16(0x0800).fill(18, 0).raw(Bytes(packet)));
  check_payload(DLT_NULL, S().be32(2).raw(Bytes(packet)));
  check_payload(DLT_RAW, packet);
  check_payload(DLT_EN10MB, ethernet(0x86dd, ipv6(tcp("hello"))));
  check_payload(DLT_RAW, ipv6(S().u8(6).u8(0).fill(6, 0).raw(Bytes(tcp("hello"))), 0));  // hop-by-hop options
}

TEST_CASE("addresses are printed as people write them") {
  CHECK(to_string(decode_frame(DLT_RAW, ipv4(tcp("x")))->source) == "127.0.0.1:5444");
  CHECK(to_string(decode_frame(DLT_RAW, ipv6(tcp("x")))->destination) == "[2001:db8::2]:4444");
}

TEST_CASE("padding is not payload, and a cut packet knows what it lacks") {
  auto padded = ethernet(0x0800, ipv4(tcp("hi")));
  padded.fill(20, 0);
  check_payload(DLT_EN10MB, padded, "hi");
  const auto whole = ipv4(tcp("hello"));
  const auto cut = decode_frame(DLT_RAW, Bytes(whole).first(whole.size() - 3));
  REQUIRE(cut);
  CHECK(as_text(cut->payload) == "he");
  CHECK(cut->size == 5);
}

TEST_CASE("what is no TCP segment is none, however short") {
  CHECK_FALSE(decode_frame(DLT_RAW, ipv4(tcp("x"), 17)));
  CHECK_FALSE(decode_frame(DLT_RAW, ipv4(tcp("x"), 6, 0x2000)));
  CHECK_FALSE(decode_frame(DLT_EN10MB, ethernet(0x0806, S().fill(28, 0))));
  for (const auto& frame : {ethernet(0x8100, S().be16(1).be16(0x0800).raw(Bytes(ipv4(tcp(""))))),
                            ethernet(0x86dd, ipv6(tcp("")))}) {
    for (std::size_t n = 0; n < frame.size(); ++n)
      CHECK_FALSE(decode_frame(DLT_EN10MB, Bytes(frame).first(n)));
  }
}
