// SPDX-License-Identifier: GPL-2.0-or-later
// The capture began in the middle.
#include <doctest/doctest.h>

#include <algorithm>

#include "replay/damaged.hpp"

namespace json = boost::json;
using namespace mig;
using namespace mig::replay;
using namespace mig::test;

TEST_CASE("the front cut off: nothing is invented about it") {
  for (const auto* name : damaged_samples) {
    const auto whole = frames_of(name);
    const auto truth = only(summary_of(whole));
    for (const std::size_t percent : {5U, 20U, 50U, 80U}) {
      CAPTURE(std::string(name));
      CAPTURE(percent);
      const Frames rest(whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * percent / 100),
                        whole.end());
      const auto migrations = summary_of(rest);
      const auto told = only(migrations);
      // Behind the first place most is read; of the last fifth of a multifd migration little is more than the
      // rest of one packet.
      if (percent < 80) CHECK(number(told, "unparsed_bytes") * 3 < sum(carried(rest)));
      const auto& all = truth.at("channels").as_array();
      for (const auto& channel : told.at("channels").as_array()) {
        const auto known = std::any_of(all.begin(), all.end(), [&](const auto& c) {
          return c.at("dst") == channel.at("dst") && c.at("src") == channel.at("src");
        });
        CHECK(known);  // which end is the source was found from the bytes
      }
      never_more_than(truth, told);
      CAPTURE(json::serialize(told.at("verdict")));
      CHECK(can_be_true(told, truth));
    }
  }
}

TEST_CASE("a piece too short to find a place in belongs to no migration, and all of it is called unread") {
  std::size_t nothing_found = 0;
  for (const auto* name : damaged_samples) {
    const auto whole = frames_of(name);
    const auto truth = only(summary_of(whole));
    for (std::size_t i = whole.size() / 10; i < whole.size(); i += whole.size() / 10) {
      const auto s = segment_of(whole[i]);
      if (!s || s->payload.empty()) continue;
      CAPTURE(std::string(name));
      CAPTURE(i);
      const Frames one{whole[i]};
      const auto summary = whole_summary_of(one);
      if (!summary.at("migrations").as_array().empty()) {
        never_more_than(truth, only(summary.at("migrations").as_array()));
        continue;
      }
      ++nothing_found;
      REQUIRE(summary.at("other_connections").as_array().size() == 1);
      const auto& other = summary.at("other_connections").at(0).as_object();
      CHECK(other.at("kind") == "unknown");
      CHECK(other.at("from_the_start") == false);
      const std::string way = number(other, "bytes_forward") != 0 ? "_forward" : "_back";
      const auto told = [&](const std::string& key) {
        return other.contains(key + way) ? number(other, key + way) : 0;
      };
      CHECK(told("unparsed") + told("unfinished") == s->payload.size());
    }
  }
  CHECK(nothing_found >= 5);
}

TEST_CASE("without the main channel nobody can say who runs the guest, and that is not called certain") {
  const auto whole = frames_of("08-multifd2-none-11.1-11.1.pcap.zst");
  const auto truth = only(summary_of(whole));
  const auto main = std::string(truth.at("channels").at(0).at("src").as_string());
  REQUIRE(truth.at("channels").at(0).at("kind") == "main");
  Frames rest;
  for (const auto& frame : whole) {
    const auto s = segment_of(frame);
    const bool of_main = s && (to_string(s->source) == main || to_string(s->destination) == main);
    if (!of_main) rest.push_back(frame);
  }
  REQUIRE(rest.size() < whole.size());
  const auto told = only(summary_of(rest));
  CHECK(told.at("multifd_packets") == truth.at("multifd_packets"));
  CHECK(told.at("verdict").at("certain") == false);
}
