// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/describe.hpp"

#include <array>
#include <charconv>

#include "mig/fields.hpp"

namespace mig {
namespace {

void append_number(std::string& out, std::uint64_t value, int base) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  if (base == 16) out += "0x";
  out.append(digits.data(), end);
}

/// Names on the wire may hold any byte; the line stays one line of printable ASCII.
void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (text.empty()) out += "\"\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 0xf];
    }
  }
}

void append_bytes(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
}

void append_field(std::string& out, const Field& field) {
  out += ' ';
  out += field.name;
  if (field.style == FieldStyle::flag) return;
  out += '=';
  switch (field.style) {
    case FieldStyle::decimal: append_number(out, field.number, 10); break;
    case FieldStyle::hex: append_number(out, field.number, 16); break;
    case FieldStyle::bytes: append_bytes(out, field.text); break;
    default: append_text(out, field.text); break;
  }
}

}  // namespace

std::string describe_unit(const Event& event, const StreamTables& tables) {
  std::string out(unit_name(event.body));
  const auto fields = fields_of(event, tables);
  for (const auto& field : fields) {
    if (!field.quiet) append_field(out, field);
  }
  return out;
}

std::string describe(const Event& event, const StreamTables& tables) {
  std::string out = "off=";
  append_number(out, event.range.begin, 16);
  out += " len=";
  append_number(out, event.range.size(), 10);
  out += ' ';
  out += describe_unit(event, tables);
  return out;
}

}  // namespace mig
