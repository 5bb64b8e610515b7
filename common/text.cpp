// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/text.hpp"

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
