// SPDX-License-Identifier: GPL-2.0-or-later
// Device state carries no length: where does it end?
#include "dissector/helpers.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

namespace {

/// The sizes of the device states found, in order.
std::vector<std::uint64_t> state_sizes(const Outcome& out) {
  std::vector<std::uint64_t> sizes;
  for (const auto& line : out.lines) {
    if (line.find("kind=device-state") == std::string::npos) continue;
    const auto at = line.find("len=") + 4;
    sizes.push_back(std::stoull(line.substr(at)));
  }
  return sizes;
}

/// A device section with this state, followed by another device and the end of a precopy stream.
Outcome device_with(const S& state) {
  S s;
  s.section_full(0x18, "serial")
      .raw(Bytes(state))
      .footer(0x18)
      .device(0x19, "fdc", 20)
      .eof()
      .vm_description("{}");
  return elements(s, [](StreamTables& t) { t.footers = true; });
}

}  // namespace

TEST_CASE("a footer is one only where something plausible follows it") {
  SUBCASE("0x7e in the state") {
    CHECK(state_sizes(device_with(S().fill(50, 0x7e))) == std::vector<std::uint64_t>{50, 20});
  }
  SUBCASE("the section's own footer in the state, followed by noise") {
    S state;
    state.fill(10, 1)
        .footer(0x18)
        .fill(10, 0xee)
        .footer(0x18)
        .raw({0x04, 0, 0, 0, 0x18, 3, 'a', 'b', 'c'})
        .fill(8, 0);
    state.footer(0x18)
        .raw({0x08, 0x00, 0x63, 0x00, 0x00})
        .footer(0x18)
        .raw({0x02, 0, 0, 0, 9})
        .footer(0x18)
        .raw({0, 7, 1, 2, 3});
    CHECK(state_sizes(device_with(state)) == std::vector<std::uint64_t>{state.size(), 20});
  }
  SUBCASE("another section's footer in the state") {
    S state;
    state.fill(10, 1).footer(0x19).fill(10, 0);
    CHECK(state_sizes(device_with(state)) == std::vector<std::uint64_t>{state.size(), 20});
  }
  SUBCASE("no state at all") {
    const auto out = device_with(S());
    CHECK_FALSE(out.error);
    CHECK(state_sizes(out) == std::vector<std::uint64_t>{20});
  }
}

TEST_CASE("what may follow a device section") {
  const auto sizes = [](const S& tail) {
    S s;
    s.section_full(0x18, "serial").fill(30, 5).footer(0x18).raw(Bytes(tail));
    return state_sizes(elements(s, with_ram));
  };
  CHECK(sizes(S().ping(3)) == std::vector<std::uint64_t>{30});
  CHECK(sizes(S().switchover_start()) == std::vector<std::uint64_t>{30});
  CHECK(sizes(S().section_part(1).eos().footer(1)) == std::vector<std::uint64_t>{30});
  CHECK(sizes(S().section_start(9, "dirty-bitmap").u8(1).footer(9)) == std::vector<std::uint64_t>{30});
  CHECK(sizes(S().eof().vm_description("{}")) == std::vector<std::uint64_t>{30});
  CHECK(sizes(S().eof()) == std::vector<std::uint64_t>{30});  // end of stream, no VM description sent
  CHECK(sizes(S()) == std::vector<std::uint64_t>{30});        // the link broke right behind the footer
}

TEST_CASE("in a package only PING and RUN, or another device, follow a device") {
  S inner;
  inner.listen().section_full(0x18, "serial").fill(9, 1).footer(0x18).open_return_path();  // state that looks
                                                                                           // like an end
  inner.fill(3, 2).footer(0x18).ping(3).run();
  const auto out = elements(S().package(inner), with_ram);
  CHECK_FALSE(out.error);
  CHECK(state_sizes(out) == std::vector<std::uint64_t>{9 + 5 + 5 + 3});
}

TEST_CASE("a footer damaged on its way is survived when a whole FULL header follows") {
  S s;
  s.section_full(0x18, "serial").fill(30, 5).footer(0x77).device(0x19, "fdc", 20).ping(1);
  const auto out = elements(s, with_ram);
  CHECK_FALSE(out.error);
  CHECK(state_sizes(out) == std::vector<std::uint64_t>{30, 20});
  CHECK(out.lines[2].ends_with("footer section_id=119 expected=24"));
}

TEST_CASE("a version_id damaged on its way does not hide the section before it") {
  S s;
  s.device(0x18, "serial", 30).device(0x19, "fdc", 20, 0x40000003).ping(1);
  CHECK(state_sizes(elements(s, with_ram)) == std::vector<std::uint64_t>{30, 20});
}

TEST_CASE("device state that never ends is truncated") {
  S s;
  s.section_full(0x18, "serial").fill(300, 5);
  check_error(elements(s, with_ram), ParseErrc::truncated, 320);
}

TEST_CASE("neither configuration section nor RAM says whether there are footers: the first one does") {
  S s;
  s.section_full(0, "timer").fill(24, 1).footer(0).device(4, "slirp", 131).eof();
  const auto with = elements(s, [](StreamTables&) {});
  CHECK(state_sizes(with) == std::vector<std::uint64_t>{24, 131});
  SUBCASE("there are none: one state, up to the VM description") {
    S bare;
    bare.section_full(0, "timer")
        .fill(24, 1)
        .section_full(4, "slirp")
        .fill(131, 2)
        .eof()
        .vm_description("{}");
    CHECK(state_sizes(elements(bare, [](StreamTables&) {})).size() == 1);
  }
}
