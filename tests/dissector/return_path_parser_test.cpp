// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector/helpers.hpp"

using namespace mig;
using namespace mig::test;
using R = ReturnPathBuilder;

namespace {

Outcome messages(const R& stream) { return for_each_split(stream, parse_with<ReturnPathParser>({})); }

void refused_message(const R& stream, ParseErrc code, std::uint64_t offset) {
  check_error(messages(stream), code, offset);
}

}  // namespace

TEST_CASE("every return path message") {
  R r;
  r.switchover_ack()
      .pong(0x42)
      .request("pc.ram", 0x155c000)
      .request("", 0x1568000, 0x200000)
      .resume_ack()
      .shut(1);
  const auto out = messages(r);
  CHECK_FALSE(out.error);
  CHECK(out.lines == Lines{"off=0x0 len=4 switchover-ack", "off=0x4 len=8 pong value=0x42",
                           "off=0xc len=23 page-request block=pc.ram offset=0x155c000 size=0x1000 named",
                           "off=0x23 len=16 page-request block=pc.ram offset=0x1568000 size=0x200000",
                           "off=0x33 len=8 resume-ack value=0x1", "off=0x3b len=8 shut value=0x1"});
}

TEST_CASE("a message of an unknown type is framed by its length; its bytes are payload") {
  R r;
  r.pong(1).unknown(0x80, "hello").unknown(0xff, "").unknown(9, std::string(512, '?')).pong(2);
  const auto out = messages(r);
  CHECK_FALSE(out.error);
  CHECK(out.lines == Lines{"off=0x0 len=8 pong value=0x1", "off=0x8 len=4 unknown-message type=0x80 length=5",
                           "off=0xc len=5 payload kind=unknown-message at=0x0",
                           "off=0x11 len=4 unknown-message type=0xff length=0",
                           "off=0x15 len=4 unknown-message type=0x9 length=512",
                           "off=0x19 len=512 payload kind=unknown-message at=0x0",
                           "off=0x219 len=8 pong value=0x2"});
  CHECK(out.most_held <= HeldBytes::capacity);
}

TEST_CASE("a received bitmap: size and bytes stand behind the message") {
  R r;
  r.recv_bitmap("pc.ram", 768).recv_bitmap("pc.bios", 0).pong(1);
  const auto out = messages(r);
  CHECK_FALSE(out.error);
  CHECK(out.lines == Lines{"off=0x0 len=19 recv-bitmap block=pc.ram size=768",
                           "off=0x13 len=768 payload kind=received-bitmap at=0x0",
                           "off=0x313 len=8 recv-bitmap-end",
                           "off=0x31b len=20 recv-bitmap block=pc.bios size=0",
                           "off=0x32f len=8 recv-bitmap-end", "off=0x337 len=8 pong value=0x1"});
}

TEST_CASE("the longest messages") {
  const std::string longest(255, 'n');
  const auto out = messages(R().request(longest, 0x1000).recv_bitmap(longest, 16).pong(2));
  CHECK_FALSE(out.error);
  CHECK(out.lines[0] == "off=0x0 len=272 page-request block=" + longest + " offset=0x1000 size=0x1000 named");
  CHECK(out.lines[1] == "off=0x110 len=268 recv-bitmap block=" + longest + " size=16");
  CHECK(out.lines.back().ends_with("pong value=0x2"));
}

TEST_CASE("a gap inside a bitmap is survived") {
  StreamTables tables;
  ReturnPathParser parser(tables);
  EventLog log;
  R r;
  r.recv_bitmap("pc.ram", 100).pong(7);
  CHECK_FALSE(parser.feed(Bytes(r).first(19 + 30), log));
  CHECK_FALSE(parser.skip(70, log));
  CHECK_FALSE(parser.feed(Bytes(r).subspan(19 + 100), log));
  CHECK(log.all<Pong>().size() == 1);
}

TEST_CASE("errors of the return path") {
  refused_message(R().pong(1).header(0, 0), ParseErrc::bad_return_path_type, 8);
  refused_message(R().pong(1).header(0x100, 0), ParseErrc::bad_return_path_type, 8);
  refused_message(R().pong(1).header(0x80, 513), ParseErrc::bad_return_path_length, 8);
  constexpr std::pair<std::uint16_t, std::uint16_t> wrong[] = {
      {1, 0},  {1, 5}, {2, 3}, {2, 8},   {3, 13}, {3, 269}, {3, 513}, {4, 11},
      {4, 13}, {5, 0}, {5, 1}, {5, 257}, {6, 3},  {6, 5},   {7, 1},   {7, 4}};
  for (const auto& one : wrong) {
    CAPTURE(one.first);
    CAPTURE(one.second);
    refused_message(R().pong(1).header(one.first, one.second), ParseErrc::bad_return_path_length, 8);
  }
  refused_message(R().recv_bitmap("pc.ram", 8, 0x1234), ParseErrc::bad_bitmap_end, 19 + 8);
  R short_name;  // the name's own length disagrees with the message's
  short_name.header(3, 14).request("", 0);
  refused_message(short_name, ParseErrc::bad_return_path_length, 0);
}

TEST_CASE("a message cut by the end of the stream is truncated") {
  R whole;
  whole.pong(1).pong(0x42);
  StreamTables tables;
  ReturnPathParser parser(tables);
  EventLog log;
  CHECK_FALSE(parser.feed(Bytes(whole).first(13), log));
  const auto error = parser.finish(log);
  REQUIRE(error);
  CHECK(*error == ParseError{ParseErrc::truncated, 8});
  CHECK(log.bytes().size() == 13);
}
