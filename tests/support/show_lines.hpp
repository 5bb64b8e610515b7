// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace doctest {
/// So that a failure shows the lines.
template <>
struct StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out += "\n    " + line;
    return {out.c_str()};
  }
};
}  // namespace doctest
