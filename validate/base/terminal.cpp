// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/terminal.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace mig::validate {
namespace {

constexpr std::size_t width = 100;
constexpr std::size_t who_width = 13;

const char* code(Tone tone) {
  static constexpr std::array<const char*, 8> codes{"", "2", "1", "36", "35", "33", "1;32", "1;31"};
  return codes.at(static_cast<std::size_t>(tone));
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  return ::isatty(STDOUT_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::string refolded(std::string text) {
  for (std::size_t i = 1; i + 1 < text.size(); ++i)
    if (text[i] == '\n' && text[i - 1] != '\n' && text[i + 1] != '\n') text[i] = ' ';
  return text;
}

Terminal Terminal::standard_output() { return {std::cout, wants_colour()}; }

std::string Terminal::painted(Tone tone, std::string_view text) const {
  const std::string_view escape = code(tone);
  if (!colour_ || escape.empty()) return std::string(text);
  return "\x1b[" + std::string(escape) + "m" + std::string(text) + "\x1b[0m";
}

void Terminal::step(Seconds at, std::string_view who, Tone tone, std::string_view text) {
  char time[32];
  std::snprintf(time, sizeof time, "%7.2f s  ", at);
  std::string name(who);
  name.resize(who_width, ' ');
  *out_ << painted(Tone::dim, time) << painted(tone, name) << text << std::endl;
}

void Terminal::line(std::string_view text, Tone tone) { *out_ << painted(tone, text) << std::endl; }

void Terminal::heading(std::string_view text) {
  std::string line = "-- " + std::string(text) + " ";
  if (line.size() < width) line.resize(width, '-');
  *out_ << painted(Tone::bold, line) << std::endl;
}

void Terminal::paragraph(std::string_view text, Tone tone, std::string_view indent) {
  wrapped(text, tone, indent, indent);
}

void Terminal::bullet(std::string_view text, Tone tone) { wrapped(text, tone, "    - ", "      "); }

void Terminal::raw(std::string_view text) { *out_ << text << std::flush; }

void Terminal::blank() { *out_ << std::endl; }

void Terminal::verdict(std::string_view word, Tone tone, std::string_view sentence) {
  const std::string indent(word.size() + 4, ' ');
  std::ostringstream lines;
  Terminal(lines, false).wrapped(sentence, Tone::plain, indent, indent);
  *out_ << "  " << painted(tone, word) << "  " << lines.str().substr(indent.size()) << std::flush;
}

void Terminal::wrapped(std::string_view text, Tone tone, std::string_view first, std::string_view rest) {
  for (auto indent = first; !text.empty(); indent = rest) {
    auto end = text.find('\n');
    if (end == std::string_view::npos) end = text.size();
    if (const auto room = width - indent.size(); end > room) {
      end = text.rfind(' ', room);
      if (end == std::string_view::npos || end == 0) end = room;
    }
    *out_ << indent << painted(tone, text.substr(0, end)) << std::endl;
    text.remove_prefix(end);
    if (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  }
}

}  // namespace mig::validate
