// SPDX-License-Identifier: GPL-2.0-or-later
// Which pages were sent, again and in which pass: what migreplay and the Wireshark plugin both read.
#include "mig/history/page_ledger.hpp"

#include <doctest/doctest.h>

using namespace mig;

namespace {

constexpr ConnectionId main_one{0}, second{1};
constexpr BlockId ram{0};

struct Sent {
  /// Numbers of pages, on one connection; "pass+" for each that had been sent before.
  std::string pages(std::initializer_list<std::uint64_t> numbers, ConnectionId connection = main_one,
                    RamStage stage = RamStage::precopy) {
    std::string out;
    for (const auto number : numbers) {
      const auto page = ledger.page(connection, stage, tables, ram, number * tables.page_size);
      out += std::to_string(page.pass) + (page.again ? "+ " : " ");
    }
    return out;
  }
  void discard(std::uint64_t first, std::uint64_t count) {
    ledger.other({{}, RamDiscard{ram}}, tables);
    ledger.other({{}, DiscardRange{first * tables.page_size, count * tables.page_size}}, tables);
  }
  StreamTables tables;
  PageLedger ledger;
};

}  // namespace

TEST_CASE("a step back alone begins no pass; a page that is sent again behind it does") {
  Sent sent;
  CHECK(sent.pages({0, 1, 2, 50, 51}) == "1 1 1 1 1 ");
  CHECK(sent.pages({10, 11}) == "1 1 ");
  CHECK(sent.pages({0, 2}) == "2+ 2+ ");
  CHECK(sent.pages({1}) == "3+ ");
  CHECK(sent.ledger.passes() == 3);
}

TEST_CASE("a connection that comes late is in the pass of the others") {
  Sent sent;
  CHECK(sent.pages({0, 1, 0, 1}) == "1 1 2+ 2+ ");
  CHECK(sent.pages({7}, second) == "2 ");
}

TEST_CASE("postcopy has no passes, and a discarded page is not sent again") {
  Sent sent;
  CHECK(sent.pages({0, 1, 2, 3}) == "1 1 1 1 ");
  sent.discard(1, 2);
  CHECK(sent.pages({2, 0, 3, 2}, main_one, RamStage::postcopy) == "1 1+ 1+ 1+ ");
  CHECK(sent.ledger.passes() == 1);
}

TEST_CASE("a run of new pages goes on, and ends where one is not new, or not behind the last") {
  Sent sent;
  CHECK(sent.pages({5}) == "1 ");
  const auto goes_on = [&](std::uint64_t number) {
    return sent.ledger.goes_on(main_one, sent.tables, ram, number * sent.tables.page_size);
  };
  CHECK(goes_on(6));
  CHECK(goes_on(9));
  CHECK_FALSE(goes_on(8));
  CHECK(sent.pages({12, 5}) == "1 2+ ");
  CHECK_FALSE(goes_on(6));
}

TEST_CASE("pages are erased across pieces, and ranges that a stream claims may reach anywhere") {
  PageSet pages;
  for (const std::uint64_t page : {std::uint64_t{0}, std::uint64_t{63}, std::uint64_t{64},
                                   std::uint64_t{32767}, std::uint64_t{32768}, std::uint64_t{100000}})
    pages.insert(ram, page);
  pages.erase(ram, 63, 32768 - 63 + 1);
  CHECK(pages.has(ram, 0));
  CHECK(pages.count(ram, 1, 99999) == 0);
  CHECK(pages.has(ram, 100000));
  pages.insert(BlockId{1}, 100000);
  pages.erase(ram, 1, UINT64_MAX);
  CHECK(pages.has(ram, 0));
  CHECK_FALSE(pages.has(ram, 100000));
  CHECK(pages.has(BlockId{1}, 100000));
}

TEST_CASE("a full set says so") {
  PageSet pages;
  for (std::uint64_t i = 0; i <= PageSet::max_pieces; ++i) {
    CHECK_FALSE(pages.full());
    pages.insert(ram, i * 32768);
  }
  CHECK(pages.full());
}

TEST_CASE("whether all pages of a block are in, however many a stream claims it has") {
  PageSet set;
  constexpr std::uint64_t pages = 100'000;  // more than one piece
  for (std::uint64_t page = 0; page < pages; ++page) set.insert(ram, page);
  CHECK(set.has_all(ram, pages));
  CHECK_FALSE(set.has_all(ram, pages + 1));
  CHECK_FALSE(set.has_all(ram, UINT64_MAX));
  CHECK_FALSE(set.has_all(BlockId{1}, 1));
  set.erase(ram, 70'000, 1);
  CHECK_FALSE(set.has_all(ram, pages));
}
