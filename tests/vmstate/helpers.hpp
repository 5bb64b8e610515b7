// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "support/show_lines.hpp"
#include "vmstate/decode.hpp"

namespace mig::test {

/// A VM description of one device "dev", version 3, with these fields (JSON objects, comma separated).
inline std::string one_device(std::string_view fields, std::string_view more = "") {
  return R"({"page_size":4096,"devices":[{"name":"dev","instance_id":0,"vmsd_name":"dev","version":3,"fields":[)" +
         std::string(fields) + "]" + std::string(more) + "}]}";
}

inline vmstate::Description parsed(const std::string& json) {
  auto result = vmstate::parse_description(json);
  REQUIRE_MESSAGE(result.description.has_value(), result.error);
  return *result.description;
}

inline std::vector<std::byte> body(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

/// `05`, name, version, contents.
inline std::vector<std::byte> subsection(std::string_view name, int version,
                                         std::initializer_list<int> contents) {
  auto out = body({5, static_cast<int>(name.size())});
  for (const char c : name) out.push_back(static_cast<std::byte>(c));
  for (const int v : {0, 0, 0, version}) out.push_back(static_cast<std::byte>(v));
  for (const int v : contents) out.push_back(static_cast<std::byte>(v));
  return out;
}

inline std::vector<std::byte> operator+(std::vector<std::byte> a, const std::vector<std::byte>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline vmstate::Decoded decode_dev(const vmstate::Description& description, Bytes bytes,
                                   std::uint32_t version = 3) {
  const auto* device = description.find("dev", 0);
  REQUIRE(device != nullptr);
  return vmstate::decode(description, *device, version, bytes);
}

/// One line a value: indentation, name[index], text.
inline std::vector<std::string> lines(const vmstate::Decoded& decoded, Bytes bytes) {
  std::vector<std::string> out;
  for (const auto& v : decoded.values) {
    std::string line(v.depth * 2U, ' ');
    line += v.name;
    if (v.index) line += "[" + std::to_string(*v.index) + "]";
    const auto text = vmstate::value_text(v, bytes);
    out.push_back(line + (text.empty() ? "" : " = " + text));
  }
  return out;
}

}  // namespace mig::test
