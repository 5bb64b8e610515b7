// SPDX-License-Identifier: GPL-2.0-or-later
#include "helpers.hpp"

using namespace mig;
using namespace mig::test;

TEST_CASE("long values are cut where the caller says") {
  const auto d = parsed(one_device(R"({"name":"b","type":"buffer","size":64})"));
  const std::vector<std::byte> bytes(64, std::byte{0xab});
  const auto got = decode_dev(d, bytes);
  CHECK(vmstate::value_text(got.values.at(0), bytes, 12) == "ab ab ab ab ...");
  CHECK(vmstate::value_text(got.values.at(0), bytes).size() == 64 * 3 - 1);
}

TEST_CASE("numbers of every width") {
  const auto d =
      parsed(one_device(R"({"name":"i8","type":"int8","size":1},{"name":"i64","type":"int64","size":8},
    {"name":"u64","type":"uint64","size":8},{"name":"f","type":"float64","size":8},
    {"name":"le","type":"int32 le","size":4},{"name":"flags","type":"bool","size":1,"array_len":3})"));
  const auto bytes = body({0x80, 0x80, 0,    0, 0, 0, 0, 0, 0, 0xff, 0,    0,    0,    0, 0, 0,
                           1,    0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe, 1, 0, 0});
  const auto got = decode_dev(d, bytes);
  CHECK(lines(got, bytes) == std::vector<std::string>{"i8 = -128", "i64 = -9223372036854775808",
                                                      "u64 = 0xff00000000000001", "f = 1.500000", "le = -2",
                                                      "flags = true false (2 times)"});
  CHECK(static_cast<std::int64_t>(vmstate::number_at(got.values.at(4), bytes)) == -2);
}
