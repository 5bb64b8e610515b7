// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/quantities.hpp"

#include <array>
#include <cstdio>

namespace mig {
namespace {

constexpr std::uint64_t counted_to_the_byte = 10000;

std::string with_decimals(double value, int decimals, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals, value, unit);
  return text.data();
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  if (bytes % 1024 != 0 && bytes < counted_to_the_byte) return std::to_string(bytes) + " B";
  if (bytes == 0) return "0 B";
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes) / 1024;
  auto size = std::uint64_t{1024};
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < units.size(); ++unit, size *= 1024) value /= 1024;
  return with_decimals(value, bytes % size == 0 ? 0 : 1, units.at(unit));
}

std::string rate_text(double bytes_a_second) {
  return bytes_text(static_cast<std::uint64_t>(bytes_a_second)) + "/s";
}

std::string duration_text(std::chrono::nanoseconds time) {
  const auto ns = time.count();
  if (ns < 1'000'000) return with_decimals(static_cast<double>(ns) / 1e3, 0, "us");
  if (ns < 1'000'000'000)
    return with_decimals(static_cast<double>(ns) / 1e6, ns % 1'000'000 == 0 ? 0 : 1, "ms");
  return with_decimals(static_cast<double>(ns) / 1e9, ns % 1'000'000'000 == 0 ? 0 : 2, "s");
}

std::string count_text(std::uint64_t count) {
  auto text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ' ');
  return text;
}

}  // namespace mig
