// SPDX-License-Identifier: GPL-2.0-or-later
// The values of rule keys: text to number and back. Strict: all of the text or nothing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

/// Decimal or 0x.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;
/// A number, or decimal with B, KiB, MiB or GiB.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
/// A size with /s behind it: bytes per second.
[[nodiscard]] std::optional<std::uint64_t> parse_rate(std::string_view text) noexcept;
/// Decimal with ns, us, ms, s or min.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text) noexcept;
/// 0 < value <= 1, as `0.25`.
[[nodiscard]] std::optional<double> parse_chance(std::string_view text) noexcept;
/// Big-endian bytes, as wide as they were written: 0x00ff is two, decimal is one byte up to 255.
[[nodiscard]] std::optional<std::vector<std::byte>> parse_byte_string(std::string_view text);
/// SIGUSR1, SIGUSR2, or a unit with an optional :VALUE or :NAME.
[[nodiscard]] std::optional<Trigger> parse_trigger(std::string_view text);

[[nodiscard]] std::string print_size(std::uint64_t size);
[[nodiscard]] std::string print_hex(std::uint64_t number);
[[nodiscard]] std::string print_duration(Duration duration);
[[nodiscard]] std::string print_chance(double chance);
[[nodiscard]] std::string print_byte_string(const std::vector<std::byte>& bytes);
[[nodiscard]] std::string print_trigger(const Trigger& trigger);

/// What a terminal obeys instead of showing it.
[[nodiscard]] constexpr bool is_control_character(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace mig::proxy
