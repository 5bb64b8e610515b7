// SPDX-License-Identifier: GPL-2.0-or-later
#include "helpers.hpp"

using namespace mig;
using namespace mig::test;

namespace {

std::string refusal(std::string_view json) {
  const auto result = vmstate::parse_description(json);
  CHECK_FALSE(result.description.has_value());
  return result.error;
}

}  // namespace

TEST_CASE("devices are found by name and instance") {
  const auto d = parsed(R"({"configuration":{},"page_size":4096,"devices":[
    {"name":"timer","instance_id":0,"vmsd_name":"timer","version":2,"fields":[]},
    {"name":"serial","instance_id":1,"vmsd_name":"serial","version":3,"fields":[]},
    {"name":"slirp","instance_id":0,"size":3,"fields":[{"name":"data","size":3,"type":"buffer"}]}]})");
  CHECK(d.page_size == 4096);
  REQUIRE(d.find("serial", 1) != nullptr);
  CHECK(d.find("serial", 0) == nullptr);
  CHECK(d.structure(d.find("serial", 1)->structure).version == 3);
  CHECK_FALSE(d.structure(d.find("slirp", 0)->structure).version.has_value());
  CHECK(d.structure(d.find("slirp", 0)->structure).size == 3);
}

TEST_CASE("a description that cannot be right is refused, with the place") {
  CHECK(refusal("") == "the VM description is no JSON at offset 0: incomplete JSON");
  CHECK(refusal("{\"devices\":[").find("no JSON at offset 12") != std::string::npos);
  CHECK(refusal("{\"devices\":[]} x") == "the VM description is no JSON at offset 15: text behind its end");
  CHECK(refusal("[]") == "VM description: not an object");
  CHECK(refusal("{}") == "VM description: no \"devices\"");
  CHECK(refusal(R"({"devices":{}})") == "VM description: \"devices\" is not an array");
  CHECK(refusal(R"({"devices":[{"name":"a"}]})") == "a: no \"fields\"");
  CHECK(refusal(R"({"devices":[{"fields":[]}]})") == "devices[0]: no text \"name\"");
  CHECK(refusal(one_device(R"({"name":"x","size":1})")) == "dev.x: no text \"type\"");
  CHECK(refusal(one_device(R"({"name":"x","type":"uint8"})")) == "dev.x: no \"size\"");
  CHECK(refusal(one_device(R"({"name":"x","type":"uint8","size":-1})")) == "dev.x: no \"size\"");
}

TEST_CASE("depth and length are bounded") {
  CHECK(refusal(std::string(100000, '[')).find("too deep") != std::string::npos);
  CHECK(refusal(std::string(vmstate::max_description + 1, ' ')) == "the VM description is longer than 8 MiB");
}

TEST_CASE("names and subsections that no QEMU has are refused") {
  const std::string name(vmstate::max_name + 1, 'n');
  CHECK(refusal(one_device(R"({"name":")" + name + R"(","type":"uint8","size":1})")) ==
        "dev: \"name\" is longer than any name");
  std::string many;
  for (std::size_t i = 0; i <= vmstate::max_subsections; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"vmsd_name":"dev/s","version":1,"fields":[]})";
  CHECK(refusal(one_device(R"({"name":"x","type":"uint8","size":1})", ",\"subsections\":[" + many + "]")) ==
        "dev: more subsections than any structure has");
}

TEST_CASE("of devices of one name the first is found") {
  const auto d = parsed(R"({"devices":[{"name":"b","instance_id":1,"version":1,"fields":[]},
    {"name":"a","instance_id":2,"version":2,"fields":[]},{"name":"b","instance_id":1,"version":3,"fields":[]}]})");
  REQUIRE(d.find("b", 1) != nullptr);
  CHECK(d.structure(d.find("b", 1)->structure).version == 1);
  CHECK(d.structure(d.find("a", 2)->structure).version == 2);
  CHECK(d.find("a", 1) == nullptr);
  CHECK(d.find("c", 0) == nullptr);
}

TEST_CASE("a list repeats its keys and therefore tells no layout") {
  const auto d = parsed(one_device(R"({"name":"q","type":"qtailq","size":2,"vmsd_name":"e","version":1,
    "fields":[{"name":"v","type":"uint8","size":1}],"vmsd_name":"e","version":1,
    "fields":[{"name":"v","type":"uint8","size":1}]})"));
  const auto bytes = body({1, 2});
  CHECK(lines(decode_dev(d, bytes), bytes) == std::vector<std::string>{"q = 01 02"});
}

TEST_CASE("the page size alone is found, whatever its rest looks like") {
  CHECK(vmstate::page_size_in(
            R"({"configuration":{"page_size":1,"f":[{"a":"page_size"}]},"page_size":4096,"devi)") == 4096);
  CHECK(vmstate::page_size_in(one_device("{}")) == 4096);
  for (const auto* none : {"", "no JSON", "[4096]", R"({"devices":[]})", R"({"page_size":"4096"})",
                           R"({"page_size":[4096]})", R"({"page_size":-4096})", R"({"page_size":4.5})"})
    CHECK_FALSE(vmstate::page_size_in(none).has_value());
  CHECK_FALSE(vmstate::page_size_in(std::string(100000, '[')).has_value());
}
