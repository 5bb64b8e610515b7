// SPDX-License-Identifier: GPL-2.0-or-later
// What is found behind a loss is told when something confirms it, with the times at which it came.
#include <doctest/doctest.h>

#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;

namespace {

/// A page record: which page, told when and of which packet.
struct Told {
  std::uint64_t page = 0;
  Time time{};
  std::uint64_t packet = 0;
};

struct Listener final : Consumer {
  void event(const EventContext& context, const Event& e, Bytes) override {
    if (std::holds_alternative<Unparsed>(e.body)) unread += e.range.size();
    note(told, context, e);
  }
  void guess(const EventContext& context, const Event& e, Bytes) override { note(guessed, context, e); }
  static void note(std::vector<Told>& to, const EventContext& context, const Event& e) {
    const auto* record = std::get_if<PageRecord>(&e.body);
    if (record != nullptr)
      to.push_back({record->page_offset / StreamBuilder::page_size, context.time, context.packet});
  }
  std::vector<Told> told, guessed;
  std::uint64_t unread = 0;
};

/// A section of `pages` pages that lost the first bytes of its header. Page N comes at 10 + N ms in packet
/// 5 + 2 N, but for all bytes from `split` on, which come half a millisecond later in the packet behind it.
Listener behind_a_loss(std::uint64_t pages, std::size_t split) {
  Listener out;
  const auto header = StreamBuilder().section_part(1);
  Played play({&out});
  play.at(0).connect(0).source(small_guest().bytes());
  play.at(9).lost(3).source(Bytes(header.bytes()).subspan(3));
  for (std::uint64_t i = 0; i < pages; ++i) {
    const auto time = 10 + static_cast<double>(i);
    const auto record = StreamBuilder().page(i == 0 ? "pc.ram" : "", page_at(i));
    play.at(time).source(Bytes(record.bytes()).first(split));
    play.at(time + 0.5).source(Bytes(record.bytes()).subspan(split));
  }
  play.end();
  return out;
}

constexpr std::size_t header = 8;  // of a record that names no block

/// One after the other up to the last, each with the moment at which the last byte of its header came.
void come_when_they_came(const std::vector<Told>& records, std::uint64_t pages, bool header_split) {
  REQUIRE(!records.empty());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& r = records[i];
    CAPTURE(r.page);
    CHECK(r.page == pages - records.size() + i);
    CHECK(r.time == std::chrono::microseconds(10000 + 1000 * r.page + (header_split ? 500 : 0)));
    CHECK(r.packet == 5 + 2 * r.page + (header_split ? 1 : 0));
  }
}

}  // namespace

TEST_CASE("a few records behind a loss are a guess, and are not told as anything else") {
  const auto few = behind_a_loss(6, header);
  CHECK(few.told.empty());
  CHECK(few.guessed.size() >= 3);
  come_when_they_came(few.guessed, 6, false);
  CHECK(few.unread > 5 * 4096);
}

TEST_CASE("with enough of them the same records are certain, each at the time it came") {
  for (const std::size_t split : {header, header - 1, std::size_t{1}}) {
    CAPTURE(split);
    const auto many = behind_a_loss(40, split);
    CHECK(many.guessed.empty());
    CHECK(many.told.size() >= 38);
    come_when_they_came(many.told, 40, split < header);
    CHECK(many.unread < 3 * 4096);
  }
}
