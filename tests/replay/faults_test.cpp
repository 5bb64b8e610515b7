// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/faults.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

/// A migration that is in postcopy at 10 ms.
struct Postcopy {
  Postcopy() {
    play.at(0).connect(0).source(small_guest());
    play.at(10).source(S().package(postcopy_package()));
  }
  const Faults& faults() {
    play.end();
    return *collector.migrations().at(0);
  }
  FaultAnalysis collector;
  Played play{{&collector}};
};

/// A page record whose contents come in two pieces.
struct HalfPage {
  explicit HalfPage(std::uint64_t number) {
    S s;
    s.page("pc.ram", page_at(number));
    all.assign(s.bytes().begin(), s.bytes().end());
  }
  Bytes first() const { return Bytes(all).first(100); }
  Bytes rest() const { return Bytes(all).subspan(100); }
  std::vector<std::byte> all;
};

}  // namespace

TEST_CASE("a request waits until the last byte of its page") {
  Postcopy p;
  const HalfPage page(7);
  p.play.at(20).destination(R().request("pc.ram", page_at(7)));
  p.play.at(21).source(S().section_part(1).page("pc.ram", page_at(30)));
  p.play.at(23).source(page.first());
  p.play.at(26).source(page.rest());
  const auto& f = p.faults();
  CHECK(f.all.requests == 1);
  CHECK(f.all.answered == 1);
  CHECK(f.all.first_byte.most() == milliseconds(3));
  CHECK(f.all.last_byte.most() == milliseconds(6));
  REQUIRE(f.worst.size() == 1);
  CHECK(f.names.at(f.worst[0].block) == "pc.ram");
  CHECK(f.worst[0].request.when.packet == 4);
  CHECK(f.worst[0].last_byte->packet == 7);
  CHECK(f.answered_on.at(ChannelKind::main) == 1);
}

TEST_CASE("the page counts on whichever channel it comes") {
  Postcopy p;
  p.play.at(20).destination(R().request("pc.ram", page_at(7)).request("", page_at(9)));
  p.play.at(21).connect(1).source(S().page("pc.ram", page_at(7)), 1);
  p.play.at(25).source(S().section_part(1).zero_page("pc.ram", page_at(9)));
  const auto& f = p.faults();
  CHECK(f.answered_on.at(ChannelKind::preempt) == 1);
  CHECK(f.answered_on.at(ChannelKind::main) == 1);
  CHECK(f.all.last_byte.least() == milliseconds(1));
  CHECK(f.all.last_byte.most() == milliseconds(5));
}

TEST_CASE("a host page is whole when all its target pages are") {
  Postcopy p;
  p.play.at(15).source(S().section_part(1).page("pc.ram", page_at(1)));
  p.play.at(20).destination(R().request("pc.ram", 0, 4 * 4096));
  p.play.at(22).source(S().zero_page("", page_at(0)).page("", page_at(3)));
  p.play.at(24).source(S().page("", page_at(3)));  // again
  p.play.at(29).source(S().page("", page_at(2)));
  const auto& f = p.faults();
  CHECK(f.all.answered == 1);
  CHECK(f.all.first_byte.most() == milliseconds(2));
  CHECK(f.all.last_byte.most() == milliseconds(9));
}

TEST_CASE("a request that its page has crossed on the wire has no latency") {
  Postcopy p;
  const HalfPage half(8);
  p.play.at(19).source(S().section_part(1).page("pc.ram", page_at(7)));
  p.play.source(half.first());
  p.play.at(20).destination(R().request("pc.ram", page_at(7)).request("", page_at(8)));
  p.play.at(22).source(half.rest());
  const auto& f = p.faults();
  CHECK(f.all.already_sent == 1);
  CHECK(f.all.answered == 1);  // the half one was under way
  CHECK(f.all.first_byte.most() == milliseconds(0));
  CHECK(f.all.last_byte.most() == milliseconds(2));
}

TEST_CASE("pages of precopy answer nothing") {
  FaultAnalysis collector;
  Played play({&collector});
  play.at(0).connect(0).source(small_guest());
  play.source(S().section_part(1).page("pc.ram", page_at(7)).eos().footer(1));
  play.at(10).source(S().package(postcopy_package()));
  play.at(20).destination(R().request("pc.ram", page_at(7)));
  play.end();
  const auto& f = *collector.migrations().at(0);
  CHECK(f.all.already_sent == 0);
  CHECK(f.all.unanswered == 1);
  REQUIRE(f.unanswered.size() == 1);
  CHECK(f.unanswered[0].start == page_at(7));
  CHECK(Time(f.unanswered[0].request.when.ns) == milliseconds(20));
}

TEST_CASE("asked for again, a range waits from the first request on, over a recovery too") {
  Postcopy p;
  p.play.at(20).destination(R().request("pc.ram", page_at(7)));
  p.play.at(21).source(S().section_part(1).page("pc.ram", page_at(5)));
  p.play.at(30).breaks();
  p.play.at(50).connect(1).source(S().recv_bitmap_request("pc.ram").resume(), 1);
  p.play.at(60).destination(R().request("pc.ram", page_at(7)).request("", page_at(5)), 1);
  p.play.at(70).source(S().section_part(1).page("pc.ram", page_at(7)), 1);
  p.play.at(71).source(S().page("", page_at(5)), 1);  // was sent before the break, and lost
  const auto& f = p.faults();
  CHECK(f.all.requests == 3);
  CHECK(f.all.repeated == 1);
  CHECK(f.all.answered == 2);
  CHECK(f.all.last_byte.most() == milliseconds(50));
  CHECK(f.all.last_byte.least() == milliseconds(11));
}

TEST_CASE("what the capture lacks is said, and a page that ends in a gap still ends") {
  Postcopy p;
  const HalfPage half(8);
  p.play.at(20).destination(R().request("pc.ram", page_at(8)));
  p.play.at(21).source(S().section_part(1)).source(half.first());
  p.play.at(25).lost(half.rest().size());
  const auto& f = p.faults();
  CHECK(f.gaps);
  CHECK(f.all.answered == 1);
  CHECK(f.all.last_byte.most() == milliseconds(5));
}

TEST_CASE("percentiles are those of the sorted list, to 1/128") {
  std::mt19937_64 random(3);
  std::vector<std::int64_t> all;
  Latency latency;
  for (int i = 0; i < 5000; ++i) {
    all.push_back(static_cast<std::int64_t>(std::exp2(static_cast<double>(random() % 3400) / 100.0)));
    latency.add(Time(all.back()));
  }
  std::sort(all.begin(), all.end());
  CHECK(latency.least() == Time(all.front()));
  CHECK(latency.most() == Time(all.back()));
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const auto exact = all[static_cast<std::size_t>(std::ceil(share * 5000)) - 1];
    const auto told = latency.percentile(share).count();
    CHECK(told >= exact);
    CHECK(told <= exact + exact / 128);
  }
  std::uint64_t sum = 0;
  for (const auto& bucket : latency.histogram()) {
    CHECK(bucket.from < bucket.to);
    sum += bucket.count;
    const auto inside = std::count_if(all.begin(), all.end(),
                                      [&](auto v) { return Time(v) >= bucket.from && Time(v) < bucket.to; });
    CHECK(static_cast<std::uint64_t>(inside) == bucket.count);
  }
  CHECK(sum == 5000);
}
