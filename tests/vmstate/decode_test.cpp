// SPDX-License-Identifier: GPL-2.0-or-later
#include "helpers.hpp"

using namespace mig;
using namespace mig::test;
using vmstate::Fit;
using Lines = std::vector<std::string>;

TEST_CASE("fields follow each other without anything between") {
  const auto d = parsed(one_device(R"({"name":"a","type":"uint8","size":1},
    {"name":"b","type":"uint32","size":4},{"name":"c","type":"int16","size":2},{"name":"d","type":"bool","size":1},
    {"name":"e","type":"int32 le","size":4},{"name":"t","type":"timer","size":8},
    {"name":"raw","type":"pci config","size":3})"));
  const auto bytes = body({0x12, 0xde, 0xad, 0xbe, 0xef, 0xff, 0xfe, 1,   0, 0, 0, 2,
                           255,  255,  255,  255,  255,  255,  255,  255, 9, 8, 7});
  const auto got = decode_dev(d, bytes);
  CHECK(got.fit == Fit::exact);
  CHECK(got.consumed == bytes.size());
  CHECK(lines(got, bytes) ==
        Lines{"a = 0x12", "b = 0xdeadbeef", "c = -2", "d = true", "e = 2", "t = -1", "raw = 09 08 07"});
  CHECK(got.values.at(1).offset == 1);
  CHECK(got.values.at(1).size == 4);
  CHECK(got.values.at(6).type == "pci config");
}

TEST_CASE("an array of numbers is one value, an array of structures one group per element") {
  const auto d = parsed(one_device(R"({"name":"n","type":"uint16","size":2,"array_len":3},
    {"name":"s","type":"struct","size":3,"array_len":2,"struct":{"vmsd_name":"inner","version":1,"fields":[
      {"name":"x","type":"uint8","size":1},{"name":"y","type":"uint16","size":2}]}})"));
  const auto bytes = body({0, 1, 0, 1, 0, 2, 7, 0, 8, 9, 0, 10});
  const auto got = decode_dev(d, bytes);
  CHECK(got.fit == Fit::exact);
  CHECK(lines(got, bytes) == Lines{"n = 0x0001 (2 times) 0x0002", "s[0]", "  x = 0x07", "  y = 0x0008",
                                   "s[1]", "  x = 0x09", "  y = 0x000a"});
  CHECK(got.values.at(0).count == 3);
  CHECK(vmstate::number_at(got.values.at(0), bytes, 2) == 2);
  CHECK(got.values.at(4).offset == 9);
  CHECK(got.values.at(4).size == 3);
}

TEST_CASE("elements written one by one keep their index, NULL pointers among them") {
  const auto d = parsed(one_device(R"({"name":"p","index":0,"type":"nullptr","size":1},
    {"name":"p","index":1,"type":"struct","size":1,"struct":{"vmsd_name":"q","version":1,"fields":[
      {"name":"v","type":"uint8","size":1}]}})"));
  const auto bytes = body({'0', 5});
  const auto got = decode_dev(d, bytes);
  CHECK(lines(got, bytes) == Lines{"p[0] = NULL", "p[1]", "  v = 0x05"});
}

TEST_CASE("a mark in front of each element, where there is one: both entries have its name and index") {
  const auto d = parsed(one_device(R"({"name":"p","array_len":2,"type":"ptr-marker","size":1},
    {"name":"p","index":2,"type":"ptr-marker","size":1},
    {"name":"p","index":2,"type":"struct","size":1,"struct":{"vmsd_name":"q","version":1,"fields":[
      {"name":"v","type":"uint8","size":1}]}})"));
  const auto bytes = body({'0', '0', '1', 5});
  const auto got = decode_dev(d, bytes);
  CHECK(lines(got, bytes) == Lines{"p = NULL (2 times)", "p[2] = not NULL", "p[2]", "  v = 0x05"});
  CHECK(decode_dev(d, body({'0', '0', '2', 5})).fit == Fit::mismatch);
}

TEST_CASE("a subsection's name begins with its parent's, and no slash need follow") {
  const auto d = parsed(one_device(R"({"name":"a","type":"uint8","size":1})",
                                   R"(,"subsections":[{"vmsd_name":"dev_sipi","version":1,"fields":[
                                     {"name":"o","type":"uint8","size":1}]}])"));
  const auto bytes = body({1}) + subsection("dev_sipi", 1, {4});
  const auto got = decode_dev(d, bytes);
  CHECK(got.fit == Fit::exact);
  CHECK(lines(got, bytes) == Lines{"a = 0x01", "dev_sipi", "  o = 0x04"});
  CHECK(decode_dev(d, body({1}) + subsection("other_sipi", 1, {4})).fit == Fit::mismatch);
}

TEST_CASE("tmp and vstruct have their parts right in the field") {
  const auto d = parsed(one_device(R"({"name":"tmp","type":"tmp","vmsd_name":"f_tmp","version":0,"fields":[
    {"name":"mant","type":"uint64","size":8},{"name":"exp","type":"uint16","size":2}],"size":10})"));
  const auto bytes = body({0, 0, 0, 0, 0, 0, 0, 1, 0x3f, 0xff});
  const auto got = decode_dev(d, bytes);
  CHECK(got.fit == Fit::exact);
  CHECK(lines(got, bytes) == Lines{"tmp", "  mant = 0x0000000000000001", "  exp = 0x3fff"});
}

TEST_CASE("parts that do not add up to what was written are shown as bytes") {
  const auto d =
      parsed(one_device(R"({"name":"s","type":"struct","size":4,"struct":{"vmsd_name":"inner","version":1,
    "fields":[{"name":"x","type":"uint8","size":1}]}},{"name":"odd","type":"uint32","size":3})"));
  const auto bytes = body({1, 2, 3, 4, 5, 6, 7});
  const auto got = decode_dev(d, bytes);
  CHECK(got.fit == Fit::exact);
  CHECK(lines(got, bytes) == Lines{"s = 01 02 03 04", "odd = 05 06 07"});
}

namespace {

/// "dev" with one byte and two subsections, of a structure that has one of its own.
std::string with_subsections() {
  return one_device(
      R"({"name":"a","type":"uint8","size":1},
      {"name":"in","type":"struct","size":16,"struct":{"vmsd_name":"inner","version":1,
        "fields":[{"name":"x","type":"uint8","size":1}],
        "subsections":[{"vmsd_name":"inner/s","version":1,"fields":[{"name":"k","type":"uint16","size":2}]}]}})",
      R"(,"subsections":[{"vmsd_name":"dev/one","version":1,"fields":[{"name":"o","type":"uint8","size":1}]},
      {"vmsd_name":"dev/two","version":2,"fields":[]}])");
}

}  // namespace

TEST_CASE("subsections, at the end and in the middle") {
  const auto d = parsed(with_subsections());
  const auto inner = subsection("inner/s", 1, {0, 3});
  const auto all = body({1, 2}) + inner + subsection("dev/one", 1, {4}) + subsection("dev/two", 2, {});
  const auto got = decode_dev(d, all);
  CHECK(got.fit == Fit::exact);
  CHECK(lines(got, all) == Lines{"a = 0x01", "in", "  x = 0x02", "  inner/s", "    k = 0x0003", "dev/one",
                                 "  o = 0x04", "dev/two"});
  SUBCASE("another stream of the machine may have fewer of them") {
    const auto fewer = body({1, 2}) + subsection("dev/two", 2, {});
    const auto seen = decode_dev(d, fewer);
    CHECK(seen.fit == Fit::exact);
    CHECK(lines(seen, fewer) == Lines{"a = 0x01", "in", "  x = 0x02", "dev/two"});
  }
  SUBCASE("one that the description lacks: what stands before it is right, the rest is bytes") {
    const auto more = body({1, 2}) + subsection("dev/three", 1, {9, 9});
    const auto seen = decode_dev(d, more);
    CHECK(seen.fit == Fit::unknown_subsection);
    CHECK(seen.reason.find("dev/three") != std::string::npos);
    CHECK(lines(seen, more).at(2) == "  x = 0x02");
    CHECK(seen.values.back().name == "not decoded");
    CHECK(seen.values.back().offset == 2);
    CHECK(seen.values.back().size == more.size() - 2);
  }
  SUBCASE("one of another version") {
    const auto other = body({1, 2}) + subsection("dev/one", 7, {4});
    const auto seen = decode_dev(d, other);
    CHECK(seen.fit == Fit::mismatch);
    CHECK(seen.reason == "subsection dev/one has version 7, in the description it has 1");
    CHECK(seen.values.empty());
  }
}

TEST_CASE("what does not fit gives no values at all, and says why") {
  const auto d =
      parsed(one_device(R"({"name":"a","type":"uint32","size":4},{"name":"b","type":"bool","size":1})"));
  const auto check = [&](const std::vector<std::byte>& bytes, const std::string& reason,
                         std::uint32_t version = 3) {
    const auto got = decode_dev(d, bytes, version);
    CHECK(got.fit == Fit::mismatch);
    CHECK(got.values.empty());
    CHECK(got.reason == reason);
  };
  check(body({0, 0, 0, 1}), "the body ends before the field b");
  check(body({0, 0, 0, 1, 1, 0, 0}), "the description accounts for 5 bytes, the section has 7");
  check(body({0, 0, 0, 1, 2}), "the field b has no value of type bool");
  check(body({0, 0, 0, 1, 1}), "the section has version 4, in the description it has 3", 4);
  check({}, "the body ends before the field a");
}

TEST_CASE("hostile counts and sizes end the reading, not the program") {
  const auto bytes = body({1, 2, 3});
  for (const char* field : {R"({"name":"a","type":"uint64","size":8,"array_len":18446744073709551615})",
                            R"({"name":"a","type":"buffer","size":18446744073709551615})",
                            R"({"name":"a","type":"buffer","size":18446744073709551615,"array_len":2})",
                            R"({"name":"a","type":"struct","size":0,"array_len":99999999999,
                                "struct":{"vmsd_name":"z","version":1,"fields":[]}})"}) {
    CAPTURE(field);
    const auto got = decode_dev(parsed(one_device(field)), bytes);
    CHECK(got.fit == Fit::mismatch);
    CHECK(got.values.empty());
  }
  // What was decoded borrows its names from the description.
  const auto description =
      parsed(one_device(R"({"name":"a","type":"buffer","size":0,"array_len":99999999999})"));
  const auto empty = decode_dev(description, Bytes());
  CHECK(empty.fit == Fit::exact);
  CHECK(lines(empty, {}) == Lines{"a"});
}

TEST_CASE("elements without bytes are not repeated: what is read is bounded by what is there") {
  const auto d = parsed(one_device(R"({"name":"e","type":"struct","size":0,"array_len":1000000000,
    "struct":{"vmsd_name":"none","version":1,"fields":[
      {"name":"in","type":"struct","size":0,"array_len":1000000000,
       "struct":{"vmsd_name":"deep","version":1,"fields":[]}}]}},
    {"name":"last","type":"uint8","size":1})"));
  const auto bytes = body({7});
  const auto got = decode_dev(d, bytes);
  CHECK(got.fit == Fit::exact);
  CHECK(lines(got, bytes) == Lines{"e[0]", "  in[0]", "last = 0x07"});
}

TEST_CASE("values have a limit, which each element of an array of numbers counts for") {
  const auto d = parsed(one_device(R"({"name":"n","type":"uint8","size":1,"array_len":100})"));
  const std::vector<std::byte> bytes(100);
  const auto* device = d.find("dev", 0);
  CHECK(vmstate::decode(d, *device, 3, bytes).cost == 100 + vmstate::value_cost);
  const auto got = vmstate::decode(d, *device, 3, bytes, 100);
  CHECK(got.fit == Fit::mismatch);
  CHECK(got.reason == "more values than any machine has");
}
