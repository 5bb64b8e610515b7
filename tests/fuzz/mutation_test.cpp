// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever the bytes, the parsers neither crash nor lose any: streams with bytes flipped, cut, doubled and
// swapped, with fixed seeds so that a failure repeats. Found by the fuzz preset, kept here for every build.
#include <doctest/doctest.h>

#include <random>

#include "fuzz/tiling.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::test;

namespace {

Buffer mutated(Bytes original, std::mt19937& random) {
  Buffer out(original.begin(), original.end());
  const auto any = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (auto times = 1 + random() % 4; times-- > 0 && !out.empty();) {
    const auto at = static_cast<std::ptrdiff_t>(any(out.size()));
    const auto length = static_cast<std::ptrdiff_t>(
        1 + any(std::min<std::size_t>(64, out.size() - static_cast<std::size_t>(at))));
    constexpr int interesting[] = {0x00, 0x7e, 0x08, 0x04, 0xff, 0x80, 0x05, 0x10};
    switch (random() % 5) {
      case 0: out[static_cast<std::size_t>(at)] ^= std::byte(1U << (random() % 8)); break;
      case 1: out[static_cast<std::size_t>(at)] = std::byte(interesting[random() % 8]); break;
      case 2: out.erase(out.begin() + at, std::min(out.begin() + at + length, out.end())); break;
      case 3: {
        const Buffer copy(out.begin() + at, std::min(out.begin() + at + length, out.end()));
        out.insert(out.begin() + static_cast<std::ptrdiff_t>(any(out.size())), copy.begin(), copy.end());
        break;
      }
      default: out.resize(static_cast<std::size_t>(at)); break;
    }
  }
  return out;
}

void mutate(Bytes original, void (*check)(Bytes), int rounds) {
  std::mt19937 random(static_cast<unsigned>(original.size()));
  CHECK_NOTHROW(check(original));
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    CHECK_NOTHROW(check(mutated(original, random)));
  }
}

StreamBuilder iterative_stream() {
  StreamBuilder s;
  s.section_start(7, "dirty-bitmap").u8(0x1d).cstr("node").cstr("bitmap").be32(4096).u8(1).footer(7);
  s.section_start(8, "a/vfio").be64(0xffffffffef100003).be64(0xffffffffef100001).footer(8);
  s.section_part(8).be64(0xffffffffef100004).be64(20).fill(20, 1).be64(0xffffffffef100001).footer(8);
  s.section_start(9, "spapr/htab")
      .be32(21)
      .footer(9)
      .section_part(9)
      .be32(0)
      .be32(1)
      .be16(1)
      .be16(0)
      .fill(16, 3)
      .be64(0)
      .footer(9);
  s.section_start(10, "block")
      .be64(0x52)
      .be64(2)
      .footer(10)
      .section_full(11, "s390-skeys")
      .be64(2)
      .be64(9)
      .fill(9, 1)
      .be64(1);
  s.footer(11).device(12, "serial", 70).recv_bitmap_request("pc.ram").resume().eof();
  return s;
}

}  // namespace

TEST_CASE("mutated streams never break the parsers' promises") {
  constexpr int rounds = 2000;
  StreamBuilder small_postcopy;  // without pages, so that mutations hit headers
  small_postcopy.file_header()
      .configuration()
      .capabilities({"x-ignore-shared"})
      .open_return_path()
      .ping(1)
      .advise(0x201000);
  small_postcopy.section_start(1, "ram", 0, 4)
      .be64(0x200000 | 4)
      .cstr("m")
      .be64(0x200000)
      .be64(0x200000)
      .be64(0x40000000);
  small_postcopy.eos().footer(1).section_part(1).zero_page("m", 0).zero_page("", 0x1000).eos().footer(1);
  small_postcopy.discard("m", {{0, 4096}}).package(postcopy_package()).section_end(1).eos().footer(1).eof();
  mutate(small_postcopy, fuzz_forward, rounds);
  mutate(precopy_stream(), fuzz_forward, rounds / 10);
  mutate(postcopy_stream(), fuzz_connection, rounds / 10);
  mutate(iterative_stream(), fuzz_resumed, rounds);
  mutate(StreamBuilder().package(postcopy_package()), fuzz_resumed, rounds);
  mutate(StreamBuilder().zero_page("pc.ram", 0).zero_page("", 0x1000).eos(), fuzz_preempt, rounds);
  mutate(ReturnPathBuilder(postcopy_return_path()).recv_bitmap("pc.ram", 60), fuzz_return_path, rounds);
  mutate(MultifdBuilder()
             .init(0)
             .packet({.zero = {0, 4096}})
             .packet({.flags = 2, .normal = {0}, .next_packet_size = 9}, 9)
             .device_state("vfio", 1, 33),
         fuzz_multifd, rounds);
}
