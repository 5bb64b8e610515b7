// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/ram.hpp"

#include <doctest/doctest.h>

#include "replay/analyses/convergence.hpp"
#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;

namespace {

/// One PART with these pages of pc.ram.
S part(std::uint64_t first, std::uint64_t end, unsigned type = 2) {
  S s;
  type == 2 ? s.section_part(1) : s.section_end(1);
  for (auto i = first; i < end; ++i) s.page(i == first ? "pc.ram" : "", page_at(i));
  return s.eos().footer(1);
}

struct Precopy {
  Precopy() { play.at(0).connect(0).source(small_guest()); }
  const Ram& ram() {
    play.end();
    return *collector.migrations().at(0);
  }
  RamAnalysis collector;
  Played play{{&collector}};
};

}  // namespace

TEST_CASE("a pass is over when the source starts over with a page that it had sent") {
  Precopy p;
  p.play.at(0).source(part(0, 40)).at(100).source(part(40, 64));
  p.play.at(200).source(part(8, 24));
  p.play.at(300).source(part(8, 12)).at(310).source(part(20, 22));
  const auto& ram = p.ram();
  REQUIRE(ram.passes.size() == 3);
  CHECK(ram.passes[0].counts.pages == 64);
  CHECK(ram.passes[0].counts.resent == 0);
  CHECK(ram.passes[1].counts.resent == 16);
  CHECK(ram.passes[2].counts.resent == 6);
  CHECK(ram.dirty_rate(0).value() == doctest::Approx(16 * 4096 / 0.2));
  CHECK(ram.dirty_rate(1).value() == doctest::Approx(6 * 4096 / 0.1));
  CHECK_FALSE(ram.dirty_rate(2));
  CHECK(Ram::throughput(ram.passes[0]).value() > 64 * 4096 / 0.1);
  CHECK(Ram::throughput(ram.passes[0]).value() < 64 * 4200 / 0.1);
}

TEST_CASE("pages out of order that are new begin no pass: a background snapshot") {
  Precopy p;
  p.play.source(part(0, 10))
      .source(part(50, 52))
      .source(part(10, 20))
      .source(part(40, 41))
      .source(part(20, 30));
  const auto& ram = p.ram();
  CHECK(ram.passes.size() == 1);
  CHECK(ram.passes[0].counts.resent == 0);
}

TEST_CASE("the END section is one pass, wherever it begins") {
  Precopy p;
  p.play.at(0).source(part(0, 40));
  p.play.at(50).source(S().section_end(1)
                           .page("pc.ram", page_at(40))
                           .page("", page_at(3))
                           .page("", page_at(5))
                           .eos()
                           .footer(1));
  const auto& ram = p.ram();
  REQUIRE(ram.passes.size() == 2);
  CHECK_FALSE(ram.passes[0].stopped);
  CHECK(ram.passes[1].stopped);
  CHECK(ram.passes[1].counts.pages == 3);
  CHECK(ram.passes[1].counts.resent == 2);
}

TEST_CASE("multifd channels are in one pass, though each starts over by itself") {
  Precopy p;
  p.play.connect(1).connect(2);
  p.play.source(MultifdBuilder().init(0).packet({.normal = {0, 4096, 8192}}), 1);
  p.play.source(MultifdBuilder().init(1).packet({.normal = {12288, 16384}, .zero = {20480}}), 2);
  p.play.source(MultifdBuilder().packet({.normal = {0}}), 1);
  p.play.source(MultifdBuilder().packet({.normal = {12288}}), 2);
  const auto& ram = p.ram();
  REQUIRE(ram.passes.size() == 2);
  CHECK(ram.passes[0].counts.pages == 5);
  CHECK(ram.passes[0].counts.zero_pages == 1);
  CHECK(ram.passes[1].counts.resent == 2);
}

TEST_CASE("where pages are sent again is counted by place") {
  Precopy p;
  p.play.source(part(0, 64)).source(part(0, 1)).source(part(0, 1)).source(part(63, 64));
  const auto& block = p.ram().blocks.at(BlockId{0});
  REQUIRE(block.resent);
  CHECK(block.resent->bin_bytes() == 4096);
  CHECK(block.resent->counts()[0] == 2);
  CHECK(block.resent->counts()[63] == 1);
  CHECK(block.precopy.resent == 3);
}

TEST_CASE("bins grow when the block turns out longer") {
  Heat heat(0, 4096);
  heat.add(0);
  heat.add(127 * 4096);
  heat.add(1000 * 4096);
  CHECK(heat.bin_bytes() == 8 * 4096);
  CHECK(heat.counts()[0] == 1);
  CHECK(heat.counts()[15] == 1);
  CHECK(heat.counts()[125] == 1);
}

TEST_CASE("postcopy is counted by itself, with what the destination had to drop") {
  Precopy p;
  p.play.source(part(0, 64)).source(S().discard("pc.ram", {{0, 8192}, {40960, 4096}}));
  p.play.source(S().package(postcopy_package())).source(part(0, 2)).source(part(10, 11)).source(part(10, 11));
  const auto& ram = p.ram();
  CHECK(ram.passes.size() == 1);
  REQUIRE(ram.postcopy);
  CHECK(ram.postcopy->counts.pages == 4);
  CHECK(ram.postcopy->counts.resent == 1);
  CHECK(ram.blocks.at(BlockId{0}).discarded == 12288);
}

TEST_CASE("a guest that writes as fast as the stream carries does not converge, and the figures say so") {
  Precopy p;
  p.play.at(0).source(part(0, 64));
  for (int pass = 1; pass <= 4; ++pass) {
    p.play.at(1000 * pass).source(part(0, 32));
    p.play.at(1000 * pass + 500).source(part(32, 50));
  }
  const auto why = why_no_convergence(p.ram());
  REQUIRE(why);
  CAPTURE(*why);
  // 50 pages of 4 KiB in each half second.
  CHECK(why->find("passes 3 to 5") != std::string::npos);
  CHECK(why->find("the guest rewrote 400 KiB/s while the stream carried 400.8 KiB/s") != std::string::npos);
}

TEST_CASE("short passes and shrinking ones converge") {
  SUBCASE("short") {
    Precopy p;
    for (int pass = 0; pass < 6; ++pass)
      p.play.at(100 * pass).source(part(0, 50)).at(100 * pass + 50).source(part(50, 64));
    CHECK_FALSE(why_no_convergence(p.ram()));
  }
  SUBCASE("shrinking") {
    Precopy p;
    for (int pass = 0; pass < 6; ++pass) {
      p.play.at(1000 * pass).source(part(0, 30));
      p.play.at(1000 * pass + 500).source(part(30, 64 - static_cast<std::uint64_t>(pass) * 6));
    }
    CHECK_FALSE(why_no_convergence(p.ram()));
  }
}
