// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/version.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace mig::validate {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// "11.1" with what follows it; a third number is passed over.
std::optional<QemuVersion> leading_version(std::string_view text, std::string_view& rest) {
  QemuVersion version;
  const auto* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc()) return std::nullopt;
  rest = text.substr(static_cast<std::size_t>(minor.ptr - text.data()));
  return version;
}

}  // namespace

std::optional<QemuVersion> parse_version(std::string_view text) {
  const auto digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return std::nullopt;
  std::string_view rest;
  return leading_version(text.substr(digit), rest);
}

std::string to_string(QemuVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

std::optional<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  range.text_ = trimmed(text);
  if (range.text_ == "*") return range;
  for (auto left = std::string_view(range.text_);;) {
    const auto comma = left.find(',');
    const auto condition = parse_condition(trimmed(left.substr(0, comma)));
    if (!condition) return std::nullopt;
    range.conditions_.push_back(*condition);
    if (comma == std::string_view::npos) return range;
    left.remove_prefix(comma + 1);
  }
}

std::optional<VersionRange::Condition> VersionRange::parse_condition(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, Relation>, 5> relations{
      {{">=", Relation::greater_equal},
       {"<=", Relation::less_equal},
       {">", Relation::greater},
       {"<", Relation::less},
       {"=", Relation::equal}}};
  Condition condition;
  for (const auto& [sign, relation] : relations) {
    if (text.substr(0, sign.size()) != sign) continue;
    condition.relation = relation;
    text = trimmed(text.substr(sign.size()));
    break;
  }
  std::string_view rest;
  const auto bound = leading_version(text, rest);
  if (!bound || !rest.empty()) return std::nullopt;
  condition.bound = *bound;
  return condition;
}

bool VersionRange::met(const Condition& condition, QemuVersion version) {
  switch (condition.relation) {
    case Relation::equal: return version == condition.bound;
    case Relation::less: return version < condition.bound;
    case Relation::less_equal: return version <= condition.bound;
    case Relation::greater: return version > condition.bound;
    case Relation::greater_equal: return version >= condition.bound;
  }
  return false;
}

bool VersionRange::contains(QemuVersion version) const {
  for (const auto& condition : conditions_)
    if (!met(condition, version)) return false;
  return true;
}

}  // namespace mig::validate
