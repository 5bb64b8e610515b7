// SPDX-License-Identifier: GPL-2.0-or-later
// What is found behind a loss is told when something confirms it, with the times at which it came.
#include <doctest/doctest.h>

#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;

namespace {

struct Listener final : Consumer {
  void event(const Seen& seen, const Event& e, Bytes) override {
    if (std::holds_alternative<Unparsed>(e.body)) unread += e.range.size();
    if (!std::holds_alternative<PageRecord>(e.body)) return;
    ++told;
    times.push_back(seen.time);
  }
  void guess(const Seen&, const Event& e, Bytes) override {
    guessed += std::holds_alternative<PageRecord>(e.body) ? 1U : 0U;
  }
  std::uint64_t told = 0, guessed = 0, unread = 0;
  std::vector<Time> times;
};

/// A section of `pages` pages that lost the first bytes of its header, one page a millisecond.
Listener behind_a_loss(std::uint64_t pages) {
  Listener out;
  const auto header = StreamBuilder().section_part(1);
  Played play({&out});
  play.at(0).connect(0).source(small_guest().bytes());
  play.at(9).lost(3).source(Bytes(header.bytes()).subspan(3));
  for (std::uint64_t i = 0; i < pages; ++i) {
    const auto time = 10 + static_cast<double>(i);
    play.at(time).source(StreamBuilder().page(i == 0 ? "pc.ram" : "", page_at(i)).bytes());
  }
  play.end();
  return out;
}

}  // namespace

TEST_CASE("a few records behind a loss are a guess, and are not told as anything else") {
  const auto few = behind_a_loss(6);
  CHECK(few.told == 0);
  CHECK(few.guessed >= 3);
  CHECK(few.unread > 5 * 4096);
}

TEST_CASE("with enough of them the same records are certain, each at the time it came") {
  const auto many = behind_a_loss(40);
  CHECK(many.guessed == 0);
  CHECK(many.told >= 38);
  for (std::size_t i = 0; i < many.times.size(); ++i) {
    const auto number = 40 - many.times.size() + i;
    CHECK(many.times[i] == std::chrono::milliseconds(10 + number));
  }
}
