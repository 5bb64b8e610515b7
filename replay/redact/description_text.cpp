// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/description_text.hpp"

#include <algorithm>
#include <string>

#include "vmstate/description.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t longest_name = 64;

bool is_name(std::string_view text) {
  constexpr std::string_view others = "_.-/@:#,()[]<>+* ";
  return text.size() <= longest_name && std::ranges::all_of(text, [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  others.find(c) != std::string_view::npos;
         });
}

/// The end of the string whose first byte is at `begin`: where its quote is.
std::size_t string_end(std::string_view text, std::size_t begin) {
  auto at = begin;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
  return std::min(at, text.size());
}

}  // namespace

std::string description_text(std::string_view text) {
  // What follows the JSON's end, such as a NUL, is no part of it.
  const auto json = text.substr(0, text.find_last_of('}') + 1);
  if (!vmstate::parse_description(json).description) return {};
  std::string out(json);
  out.resize(text.size());
  for (std::size_t at = 0; (at = out.find('"', at)) != std::string::npos;) {
    const auto begin = at + 1, end = string_end(out, begin);
    if (!is_name(std::string_view(out).substr(begin, end - begin)))
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(begin),
                out.begin() + static_cast<std::ptrdiff_t>(end), 'x');
    at = end + 1;
  }
  return out;
}

}  // namespace mig::replay
