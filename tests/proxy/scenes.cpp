// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/scenes.hpp"

namespace mig::test {

StreamBuilder device_state(std::uint32_t id, std::size_t size) {
  StreamBuilder whole;
  whole.device(id, "x", size);
  StreamBuilder state;
  constexpr std::size_t header = 1 + 4 + 2 + 4 + 4;
  state.raw(Bytes(whole).subspan(header, size));
  return state;
}

StreamBuilder before_switchover() {
  StreamBuilder s;
  s.file_header().configuration().open_return_path().ping(1).advise();
  s.ram_setup(1, {{"pc.ram", 0x40000}, {"pc.bios", 0x10000}});
  return s;
}

StreamBuilder before_package() {
  auto s = before_switchover();
  s.section_part(1).page("pc.ram", 0).page("", 0x1000).zero_page("", 0x2000).eos().footer(1);
  s.section_part(1).eos().footer(1);
  s.discard("pc.ram", {{0x1000, 0x2000}, {0x8000, 0x1000}}).ping(2);
  return s;
}

StreamBuilder after_package() {
  StreamBuilder s;
  s.ping(4);
  s.section_part(1).page("pc.ram", 0x1000).page("", 0x8000).zero_page("pc.bios", 0).eos().footer(1);
  s.section_end(1).eos().footer(1).eof();
  return s;
}

StreamBuilder with_package(const StreamBuilder& inner, std::optional<std::uint32_t> length) {
  auto s = before_package();
  s.package(inner, length).raw(after_package());
  return s;
}

}  // namespace mig::test
