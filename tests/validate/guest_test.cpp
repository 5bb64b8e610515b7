// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "validate/guest/guest_console.hpp"
#include "validate/guest/guest_image.hpp"

using namespace mig::validate;

namespace {

std::uint32_t word_at(std::span<const std::byte> image, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = 4; i-- > 0;) word = (word << 8U) | std::to_integer<std::uint32_t>(image[at + i]);
  return word;
}

}  // namespace

TEST_CASE("ticks are read whole, in any pieces") {
  const std::string text = "T 00000029\r\nT 0000002a\r\nT 0000002b\r\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    GuestConsole parser;
    std::uint32_t count = 0;
    std::uint32_t last = 0;
    for (const auto& piece : {text.substr(0, cut), text.substr(cut)}) {
      const auto batch = parser.feed(piece, 1);
      if (!batch) continue;
      count += batch->count;
      last = batch->last;
    }
    CHECK(count == 3);
    CHECK(last == 0x2b);
    CHECK(parser.jumps() == 0);
  }
}

TEST_CASE("a line cut by the migration, and noise, are passed over") {
  GuestConsole parser;
  const auto batch = parser.feed("00002a\r\nE\r\nT 0000002x\r\nT 0000002b\r\nT 000", 5);
  REQUIRE(batch);
  CHECK(*batch == TickBatch{5, 0x2b, 0x2b, 1});
  CHECK_FALSE(parser.feed("", 6));
  CHECK(parser.feed("0002c\r\n", 7) == TickBatch{7, 0x2c, 0x2c, 1});
}

TEST_CASE("jumps of the counter are counted") {
  GuestConsole parser;
  (void)parser.feed("T 00000001\r\nT 00000003\r\nT 00000003\r\nT 00000004\r\n", 1);
  CHECK(parser.jumps() == 2);
}

TEST_CASE("ticks between two moments: after the first, up to the second") {
  const std::vector<TickBatch> ticks{{1, 1, 4, 4}, {2, 5, 6, 2}, {3, 7, 9, 3}};
  const auto some = ticks_between(ticks, 1, 3);
  CHECK(some.count == 5);
  CHECK(some.first == 5);
  CHECK(some.last == 9);
  CHECK(ticks_between(ticks, 3, 9).count == 0);
}

TEST_CASE("the image boots and carries its parameters at 0x200") {
  GuestParameters parameters;
  const auto original = guest_image();
  REQUIRE(original.size() == 4096);
  CHECK(std::to_integer<int>(original[510]) == 0x55);
  CHECK(std::to_integer<int>(original[511]) == 0xaa);
  const auto same = guest_image(parameters);
  CHECK(std::equal(same.begin(), same.end(), original.begin(), original.end()));
  parameters = {0x200000, 0x300000, 0x280000, 0, 1};
  const auto patched = guest_image(parameters);
  CHECK(word_at(patched, 0x208) == 2);
  CHECK(word_at(patched, 0x20c) == 0x200000);
  CHECK(word_at(patched, 0x210) == 0x300000);
  CHECK(word_at(patched, 0x214) == 0x280000);
  CHECK(word_at(patched, 0x218) == 0);
  CHECK(word_at(patched, 0x21c) == 1);
  CHECK(std::equal(patched.begin() + 0x220, patched.end(), original.begin() + 0x220, original.end()));
}

TEST_CASE("what the guest says of its memory is kept beside its ticks") {
  GuestConsole console;
  const auto batch =
      console.feed("T 00000001\r\nV 00000003\r\nM 00103000\r\nB 00000004\r\nV 00000005\r\n", 2);
  CHECK(batch == TickBatch{2, 1, 1, 1});
  CHECK(console.memory().damaged());
  CHECK(console.memory().bad_pages == std::vector<std::uint32_t>{0x103000});
  CHECK(console.memory().bad_rounds == 1);
  CHECK(verified_between(console.memory(), 1, 2) == 2);
  CHECK(verified_between(console.memory(), 2, 3) == 0);
}
