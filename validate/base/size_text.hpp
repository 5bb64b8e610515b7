// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace mig::validate {

/// A whole number in the largest unit that holds it: "16 MiB", "256 KiB", "100 bytes".
[[nodiscard]] inline std::string size_text(std::uint64_t bytes) {
  if (bytes != 0 && bytes % (1U << 20U) == 0) return std::to_string(bytes >> 20U) + " MiB";
  if (bytes != 0 && bytes % (1U << 10U) == 0) return std::to_string(bytes >> 10U) + " KiB";
  return std::to_string(bytes) + " bytes";
}

/// With one decimal: "2.5 s".
[[nodiscard]] inline std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

}  // namespace mig::validate
