// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include "replay/diff/machine_diff.hpp"
#include "replay/diff/section_order.hpp"
#include "support/show_lines.hpp"

using namespace mig;
using namespace mig::replay;

namespace {

/// A machine with its description, told as a stream would.
struct Machine {
  Machine() { state.machine = "pc-1"; }
  Machine& section(const char* idstr, std::initializer_list<int> body, std::uint32_t version = 1,
                   std::uint32_t instance = 0) {
    DeviceSection s;
    s.idstr = idstr;
    s.section_id = static_cast<std::uint32_t>(state.sections.size());
    s.version_id = version;
    s.instance_id = instance;
    for (const auto& before : state.sections)
      if (before.idstr == idstr && before.instance_id == instance) ++s.which;
    for (const int b : body) s.body.push_back(static_cast<std::byte>(b));
    s.size = s.body.size();
    state.sections.push_back(std::move(s));
    return *this;
  }
  /// `devices`: the JSON objects of the description.
  Machine& described(const std::string& devices) {
    auto parsed = vmstate::parse_description("{\"devices\":[" + devices + "]}");
    REQUIRE(parsed.description);
    description.description = std::move(parsed.description);
    return *this;
  }
  Migration migration{MigrationId{0}};
  MachineState state{migration};
  DescriptionSource description;
};

std::vector<std::string> lines(const Machine& a, const Machine& b, bool values = false) {
  std::vector<std::string> out;
  for (const auto& d :
       diff_machines({&a.state, &a.description}, {&b.state, &b.description}, values).differences)
    out.push_back(d.kind + "|" + d.section + "|" + d.what + "|" + d.a + "|" + d.b);
  return out;
}

using Lines = std::vector<std::string>;

std::string dev(const char* fields, const char* more = "") {
  return std::string(R"({"name":"dev","vmsd_name":"dev","version":1,"fields":[)") + fields + "]" + more + "}";
}

}  // namespace

TEST_CASE("machines that are the same have no differences") {
  Machine a;
  a.section("timer", {1}).section("dev", {2});
  CHECK(lines(a, a).empty());
}

TEST_CASE("machine, page size, configuration and RAM blocks") {
  Machine a, b;
  a.state.page_size = b.state.page_size = 4096;
  b.state.machine = "pc-2";
  b.state.page_size = 8192;
  a.state.configuration = {"capability name=x-ignore-shared"};
  a.state.ram_blocks = {{"pc.ram", 100}, {"rom", 5}};
  b.state.ram_blocks = {{"pc.ram", 200}, {"vga", 7}};
  CHECK(lines(a, b) == Lines{"machine|||pc-1|pc-2", "page size|||4096|8192",
                             "configuration|||capability name=x-ignore-shared|",
                             "RAM block||pc.ram|100 bytes|200 bytes", "RAM block||rom|5 bytes|",
                             "RAM block||vga||7 bytes"});
}

TEST_CASE("sections: presence, version, length and place; ids do not matter") {
  Machine a, b;
  a.section("x", {1}).section("serial", {1, 2}, 3).section("only-a", {1}).section("y", {1}).section("z", {1});
  b.section("y", {1})
      .section("x", {1})
      .section("serial", {1, 2, 3}, 4)
      .section("z", {1})
      .section("z", {1}, 1, 1);
  CHECK(lines(a, b) == Lines{"section|only-a||1 bytes|", "section|z#1|||1 bytes", "order|y||place 4|place 1",
                             "version|serial||3|4", "bytes|serial||2|3"});
}

TEST_CASE("two sections of one name and instance are matched by their order") {
  Machine a, b;
  a.section("isa-ide", {1}).section("isa-ide", {1, 2}, 3);
  b.section("isa-ide", {1}).section("isa-ide", {1, 2}, 4);
  CHECK(lines(a, b) == Lines{"version|isa-ide (number 2)||3|4"});
  Machine fewer;
  fewer.section("isa-ide", {1});
  CHECK(lines(a, fewer) == Lines{"section|isa-ide (number 2)||2 bytes|"});
}

TEST_CASE("pointer arrays: marks are compared with marks, elements with elements") {
  const char* element =
      R"({"name":"p","type":"struct","size":1,"struct":{"vmsd_name":"q","version":1,"fields":[
    {"name":"v","type":"uint8","size":1}]}})";
  Machine newer, older;
  newer.section("dev", {'1', 5})
      .described(dev((R"({"name":"p","type":"ptr-marker","size":1},)" + std::string(element)).c_str()));
  older.section("dev", {6}).described(dev(element));
  CHECK(lines(newer, older, true) ==
        Lines{"bytes|dev||2|1", "field|dev|p (pointer)|ptr-marker, 1 bytes|", "value|dev|p.v|0x05|0x06"});
}

TEST_CASE("with descriptions: fields and subsections, and what they hold where that is asked for") {
  Machine a, b;
  a.section("dev", {1, 0, 2, 7, 8, 9})
      .described(dev(R"({"name":"p","type":"uint8","size":1},{"name":"q","type":"uint16","size":2},
        {"name":"r","type":"uint8","size":1,"array_len":3})"));
  SUBCASE("the same layout, other values") {
    b.section("dev", {1, 0, 3, 7, 9, 9}).description = a.description;
    CHECK(lines(a, b).empty());
    CHECK(lines(a, b, true) == Lines{"value|dev|q|0x0002|0x0003", "value|dev|r[1]|0x08|0x09"});
  }
  SUBCASE("another layout of the same length") {
    b.section("dev", {1, 0, 2, 7, 8, 9})
        .described(dev(R"({"name":"p","type":"uint8","size":1},{"name":"q","type":"uint16","size":2},
          {"name":"s","type":"buffer","size":3})"));
    CHECK(lines(a, b) == Lines{"field|dev|r|uint8[3], 3 bytes|", "field|dev|s||buffer, 3 bytes"});
  }
  SUBCASE("a subsection that one side sent") {
    b.section("dev", {1, 0, 2, 7, 8, 9, 5, 5, 'd', 'e', 'v', '/', 't', 0, 0, 0, 1, 6})
        .described(dev(R"({"name":"p","type":"uint8","size":1},{"name":"q","type":"uint16","size":2},
          {"name":"r","type":"uint8","size":1,"array_len":3})",
                       R"(,"subsections":[{"vmsd_name":"dev/t","version":1,
          "fields":[{"name":"v","type":"uint8","size":1}]}])"));
    CHECK(lines(a, b) == Lines{"bytes|dev||6|18", "subsection|dev|dev/t||subsection"});
  }
  SUBCASE("a description that is not that of the bytes") {
    b.section("dev", {1, 2, 3}).description = a.description;
    CHECK(lines(a, b) == Lines{"bytes|dev||6|3", "not decoded|dev|||the body ends before the field r"});
  }
}

TEST_CASE("array elements are counted: older QEMUs write their index, newer ones repeat the name") {
  const std::string byte = R"("type":"uint8","size":1})";
  Machine a, b;
  a.section("dev", {1, 2, 3})
      .described(dev((R"({"name":"e","index":0,)" + byte + R"(,{"name":"e","index":1,)" + byte +
                      R"(,{"name":"s","index":0,)" + byte)
                         .c_str()));
  b.section("dev", {1, 4, 3})
      .described(
          dev((R"({"name":"e",)" + byte + R"(,{"name":"e",)" + byte + R"(,{"name":"s",)" + byte).c_str()));
  CHECK(lines(a, b).empty());
  CHECK(lines(a, b, true) == Lines{"value|dev|e[1]|0x02|0x04"});
}

TEST_CASE("bytes are shown from the first difference on") {
  Machine a, b;
  a.section("dev", {1, 2, 3, 4}).described(dev(R"({"name":"raw","type":"buffer","size":4})"));
  b.section("dev", {1, 2, 9, 4}).description = a.description;
  CHECK(lines(a, b, true) == Lines{"value|dev|raw from byte 2|03 04|09 04"});
}

TEST_CASE("the fewest sections are said to have moved") {
  using Places = std::vector<std::size_t>;
  CHECK(moved({}).empty());
  CHECK(moved({0, 1, 2, 3}).empty());
  CHECK(moved({1, 2, 3, 0}) == Places{3});
  CHECK(moved({3, 0, 1, 2}) == Places{0});
  CHECK(moved({2, 1, 0}).size() == 2);
}
