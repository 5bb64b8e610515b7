// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes are missing: how many is told to the byte, the rest is true.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "replay/damaged.hpp"

namespace json = boost::json;
using namespace mig;
using namespace mig::replay;
using namespace mig::test;

TEST_CASE("1 % of the packets lost: what is missing is exact, the rest is true") {
  for (const auto* name : damaged_samples) {
    const auto whole = frames_of(name);
    const auto truth = only(summary_of(whole));
    for (unsigned seed = 1; seed <= 5; ++seed) {
      CAPTURE(std::string(name));
      CAPTURE(seed);
      std::mt19937 random(seed);
      Frames rest;
      std::size_t lost = 0;
      for (const auto& frame : whole) {
        const auto s = segment_of(frame);
        const bool data = s && !s->payload.empty();
        // At least one, somewhere in the middle.
        const bool drop = data && (random() % 100 == 0 || (lost == 0 && rest.size() > whole.size() / 2));
        if (!drop) rest.push_back(frame);
        lost += drop ? 1 : 0;
      }
      REQUIRE(lost > 0);
      const auto told = only(summary_of(rest));
      CHECK(number(told, "missing_bytes") == sum(carried(whole)) - sum(carried(rest)));
      never_more_than(truth, told);
      // And not much less, either: most of what is there is read.
      CHECK(number(told, "unparsed_bytes") * 3 < sum(carried(rest)));
      CAPTURE(json::serialize(told.at("verdict")));
      CHECK(can_be_true(told, truth));
    }
  }
}

TEST_CASE("where PONG 0x42 is lost, it is not known how long postcopy-device lasted") {
  const auto whole = frames_of("03-postcopy-11.1-11.1.pcap.zst");
  Frames rest;
  const std::string pong("\0\2\0\4\0\0\0\x42", 8);
  for (const auto& frame : whole) {
    const auto s = segment_of(frame);
    const bool lost = s && s->source.port == 4444 && as_text(s->payload).find(pong) != std::string_view::npos;
    if (!lost) rest.push_back(frame);
  }
  REQUIRE(rest.size() + 1 == whole.size());
  const auto told = only(summary_of(rest));
  std::string phases;
  for (const auto& p : told.at("phases").as_array()) phases += std::string(p.at("name").as_string()) + " ";
  CHECK(phases == "setup precopy switchover package postcopy-device unknown completed ");
  CHECK(told.at("verdict").at("possible").as_array() == boost::json::array{"destination"});  // by SHUT
}

TEST_CASE("a snaplen of 256: missing to the byte") {
  for (const auto* name : damaged_samples) {
    CAPTURE(std::string(name));
    const auto whole = frames_of(name);
    auto cut = whole;
    for (auto& frame : cut) frame.bytes.resize(std::min<std::size_t>(frame.bytes.size(), 256));
    const auto told = only(summary_of(cut));
    CHECK(number(told, "missing_bytes") == sum(carried(whole)) - sum(carried(cut)));
    never_more_than(only(summary_of(whole)), told);
    CHECK(told.at("pongs") == only(summary_of(whole)).at("pongs"));  // they are short
  }
}
