// SPDX-License-Identifier: GPL-2.0-or-later
// How migreplay writes numbers, in text and in JSON.
#pragma once
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "common/quantities.hpp"
#include "common/text.hpp"
#include "replay/input/moment.hpp"

namespace mig::replay {

[[nodiscard]] inline double seconds(Time time) { return std::chrono::duration<double>(time).count(); }
[[nodiscard]] std::string percent_text(double part, double whole);

/// As printf does. Formats are literals of the caller.
template <class... Values>
[[nodiscard]] std::string printed(const char* format, Values... values) {
  std::array<char, 512> line{};
  std::snprintf(line.data(), line.size(), format, values...);  // NOLINT
  return line.data();
}

/// A line of the summary: "  name              text".
[[nodiscard]] std::string summary_row(const char* name, const std::string& text);
/// "there is no migration 3; the capture has 1"
[[nodiscard]] std::string no_such_migration(std::size_t wanted, std::size_t there);

}  // namespace mig::replay
