// SPDX-License-Identifier: GPL-2.0-or-later
// How all programs write quantities for people. What is printed without a fraction is exact.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace mig {

/// "13.2 KiB", "16 MiB"; to the byte below 10,000: "1556 B".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
/// "3.1 MiB/s"
[[nodiscard]] std::string rate_text(double bytes_a_second);
/// "210 us", "41.3 ms", "2.13 s"
[[nodiscard]] std::string duration_text(std::chrono::nanoseconds time);
/// "1 234 567"
[[nodiscard]] std::string count_text(std::uint64_t count);

}  // namespace mig
