// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rules/rule_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {
namespace {

template <class T>
std::optional<T> all_of(std::string_view text, int base) noexcept {
  T value{};
  const auto* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (text.empty() || result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return value;
}

struct Suffix {
  std::string_view text;
  std::uint64_t factor;
};

/// Decimal with one of the suffixes; the longest is tried first by the order of the table.
template <std::size_t N>
std::optional<std::uint64_t> scaled(std::string_view text, const std::array<Suffix, N>& suffixes) noexcept {
  for (const auto& suffix : suffixes) {
    if (!text.ends_with(suffix.text)) continue;
    const auto number = all_of<std::uint64_t>(text.substr(0, text.size() - suffix.text.size()), 10);
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() / suffix.factor) return std::nullopt;
    return *number * suffix.factor;
  }
  return std::nullopt;
}

constexpr std::array<Suffix, 4> size_suffixes{
    {{"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}, {"B", 1}}};
constexpr std::array<Suffix, 5> time_suffixes{
    {{"min", 60'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}, {"s", 1'000'000'000}}};

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  if (text.starts_with("0x")) return all_of<std::uint64_t>(text.substr(2), 16);
  return all_of<std::uint64_t>(text, 10);
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  if (const auto plain = parse_number(text)) return plain;
  return scaled(text, size_suffixes);
}

std::optional<std::uint64_t> parse_rate(std::string_view text) noexcept {
  if (!text.ends_with("/s")) return std::nullopt;
  return parse_size(text.substr(0, text.size() - 2));
}

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  const auto ns = scaled(text, time_suffixes);
  if (!ns || *ns > static_cast<std::uint64_t>(Duration::max().count())) return std::nullopt;
  return Duration(static_cast<Duration::rep>(*ns));
}

std::optional<double> parse_chance(std::string_view text) noexcept {
  const auto* end = text.data() + text.size();
  double value = 0;
  const auto result = std::from_chars(text.data(), end, value);
  if (text.empty() || result.ec != std::errc{} || result.ptr != end || !(value > 0 && value <= 1))
    return std::nullopt;
  return value;
}

std::optional<std::vector<std::byte>> parse_byte_string(std::string_view text) {
  std::vector<std::byte> bytes;
  if (!text.starts_with("0x")) {
    const auto number = all_of<std::uint8_t>(text, 10);
    if (!number) return std::nullopt;
    return std::vector{std::byte{*number}};
  }
  text.remove_prefix(2);
  if (text.empty()) return std::nullopt;
  if (text.size() % 2 != 0) {
    const auto digit = all_of<std::uint8_t>(text.substr(0, 1), 16);
    if (!digit) return std::nullopt;
    bytes.push_back(std::byte{*digit});
    text.remove_prefix(1);
  }
  for (; !text.empty(); text.remove_prefix(2)) {
    const auto two = all_of<std::uint8_t>(text.substr(0, 2), 16);
    if (!two) return std::nullopt;
    bytes.push_back(std::byte{*two});
  }
  return bytes;
}

std::optional<Trigger> parse_trigger(std::string_view text) {
  if (text == "SIGUSR1") return Trigger{Trigger::Kind::sigusr1, Unit::ping, std::nullopt, ""};
  if (text == "SIGUSR2") return Trigger{Trigger::Kind::sigusr2, Unit::ping, std::nullopt, ""};
  const auto colon = text.find(':');
  const auto unit = find_unit(text.substr(0, colon));
  if (!unit || *unit == Unit::connection || *unit == Unit::bytes) return std::nullopt;
  Trigger trigger{Trigger::Kind::unit, *unit, std::nullopt, ""};
  if (colon == std::string_view::npos) return trigger;
  const auto behind = text.substr(colon + 1);
  if ((row(*unit).match & bit(Key::value)) != 0) {
    trigger.value = parse_number(behind);
    if (!trigger.value) return std::nullopt;
  } else {
    if (behind.empty() || (row(*unit).match & bit(Key::name)) == 0) return std::nullopt;
    trigger.name = behind;
  }
  return trigger;
}

std::string print_size(std::uint64_t size) {
  if (size != 0)
    for (const auto& suffix : {size_suffixes[2], size_suffixes[1], size_suffixes[0]})
      if (size % suffix.factor == 0) return std::to_string(size / suffix.factor) + std::string(suffix.text);
  return std::to_string(size);
}

std::string print_hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

std::string print_duration(Duration duration) {
  const auto ns = static_cast<std::uint64_t>(duration.count());
  for (const auto& suffix : {time_suffixes[4], time_suffixes[1], time_suffixes[2]})
    if (ns % suffix.factor == 0) return std::to_string(ns / suffix.factor) + std::string(suffix.text);
  return std::to_string(ns) + "ns";
}

std::string print_chance(double chance) {
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), chance).ptr;
  return {digits.data(), end};
}

std::string print_byte_string(const std::vector<std::byte>& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "0x";
  for (const auto byte : bytes) {
    text += digits[std::to_integer<std::size_t>(byte) >> 4];
    text += digits[std::to_integer<std::size_t>(byte) & 15];
  }
  return text;
}

std::string print_trigger(const Trigger& trigger) {
  if (trigger.kind == Trigger::Kind::sigusr1) return "SIGUSR1";
  if (trigger.kind == Trigger::Kind::sigusr2) return "SIGUSR2";
  std::string text(row(trigger.unit).word);
  if (trigger.value) text += ":" + print_hex(*trigger.value);
  if (!trigger.name.empty()) text += ":" + trigger.name;
  return text;
}

}  // namespace mig::proxy
