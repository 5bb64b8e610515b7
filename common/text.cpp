// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mig {
namespace {

void append_hex(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += digits[byte >> 4];
  out += digits[byte & 0xf];
}

}  // namespace

std::string hex_text(std::uint64_t number) {
  std::array<char, 20> text{'0', 'x'};
  const auto end = std::to_chars(text.data() + 2, text.data() + text.size(), number, 16).ptr;
  return {text.data(), end};
}

std::string hex_bytes(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) append_hex(out, c);
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      append_hex(out, c);
    }
  }
  return out;
}

namespace {

/// Bytes of the UTF-8 character at the front, 0 where there is none; `code` is its number.
std::size_t utf8_size(std::string_view text, std::uint32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t size = first < 0x80                    ? 1
                           : first >= 0xc2 && first < 0xe0 ? 2
                           : first >= 0xe0 && first < 0xf0 ? 3
                           : first >= 0xf0 && first < 0xf5 ? 4
                                                           : 0;
  if (size == 0 || size > text.size()) return 0;
  code = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return overlong || surrogate || code > 0x10ffff ? 0 : size;
}

/// Of C0 and C1, and those that change the direction of what follows.
bool is_control(std::uint32_t code) {
  return (code < 0x20 && code != '\n') || (code >= 0x7f && code < 0xa0) || code == 0x61c ||
         (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

}  // namespace

std::string readable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::uint32_t code = 0;
    const auto size = utf8_size(text, code);
    const auto part = text.substr(0, std::max<std::size_t>(size, 1));
    if (size != 0 && !is_control(code)) {
      out += part;
    } else {
      for (const char c : part) {
        out += "\\x";
        append_hex(out, c);
      }
    }
    text.remove_prefix(part.size());
  }
  return out;
}

std::string_view word(Notice notice) noexcept {
  switch (notice) {
    case Notice::phase_changed: return "phase-changed";
    case Notice::package_delivered: return "package-delivered";
    case Notice::destination_may_run: return "destination-may-run";
    case Notice::source_may_not_go_back: return "source-may-not-go-back";
    case Notice::source_may_go_back_again: return "source-may-go-back-again";
    case Notice::destination_reported_error: return "destination-reported-error";
    case Notice::destination_done: return "destination-done";
    case Notice::two_runners_possible: return "two-runners-possible";
    case Notice::source_may_resume: return "source-may-resume";
  }
  return "?";
}

std::string notice_text(Notice notice, const Migration& migration) {
  if (notice != Notice::phase_changed) return std::string(explain(notice));
  return "phase: " + std::string(to_string(migration.phase()));
}

}  // namespace mig
