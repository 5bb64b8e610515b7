// SPDX-License-Identifier: GPL-2.0-or-later
// stall-bytes: the direction stops each time that some bytes have passed; no byte is lost or moved.
#include <doctest/doctest.h>

#include "proxy/playbook.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;

TEST_CASE("stall-bytes: a pause each time that 100 bytes have passed, however they come") {
  const Buffer stream = postcopy_stream().bytes();
  for (const auto chunk : chunkings) {
    CAPTURE(chunk);
    Playbook book({"stall-bytes,after=100,for=1s,times=2"}, chunk);
    book.from_source(stream);
    book.expect_to_destination(Bytes(stream).first(100)).expect_pause(1s);
    book.expect_to_destination(Bytes(stream).subspan(100, 100)).expect_pause(1s);
    book.expect_to_destination(Bytes(stream).subspan(200)).expect_nothing_more();
    CHECK(book.fired() == 2);
  }
}

TEST_CASE("stall-bytes in a phase: only stops while it lasts, and the first one is reported") {
  Playbook book({"stall-bytes,after=50,for=1s,times=all,phase=precopy"}, 1);
  book.from_source(before_package());
  const auto warnings = book.warnings();
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("acts on connection 1 after ") != std::string::npos);
  CHECK(book.sent(Direction::forward) == before_package().bytes());
  CHECK(book.fired() >= 1);
  CHECK(book.fired() < before_package().size() / 50);
}

TEST_CASE("stall-bytes needs to know how often and how long") {
  const auto refused = [](const char* rule) {
    const auto result = proxy::parse_rule(rule);
    const auto* error = std::get_if<proxy::RuleError>(&result);
    return error == nullptr ? std::string() : error->message;
  };
  CHECK(refused("stall-bytes,for=1s") == "stall-bytes needs after=");
  CHECK(refused("stall-bytes,after=1MiB") == "stall-bytes needs for= or until=");
  CHECK(refused("stall-bytes,after=1MiB,until=shut").empty());
  CHECK(refused("stall-bytes,after=1MiB,until=ping") ==
        "stall-bytes would wait forever: ping comes behind it in the same direction");
}
