// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <bit>
#include <cstdio>

#include "vmstate/decode.hpp"
#include "vmstate/virtio.hpp"

namespace mig::vmstate {
namespace {

std::uint64_t sign_extended(std::uint64_t value, std::uint64_t bytes) noexcept {
  if (bytes == 0 || bytes >= 8) return value;
  const auto unused = 64 - bytes * 8;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
}

std::string padded_hex(std::uint64_t value, std::uint64_t bytes) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%0*llx", static_cast<int>(bytes * 2),
                static_cast<unsigned long long>(value));
  return text.data();
}

std::string hex_bytes(Bytes raw, std::size_t limit) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto b : raw) {
    if (out.size() + 3 > limit) return out + " ...";
    if (!out.empty()) out += ' ';
    out += digits[std::to_integer<unsigned>(b) >> 4];
    out += digits[std::to_integer<unsigned>(b) & 0xf];
  }
  return out;
}

std::uint64_t element_size(const Value& value) noexcept {
  return value.count == 0 ? 0 : value.size / value.count;
}

Bytes element_bytes(const Value& value, Bytes body, std::uint64_t i) noexcept {
  const auto size = element_size(value);
  if (i >= value.count || value.offset + value.size > body.size()) return {};
  return body.subspan(static_cast<std::size_t>(value.offset + i * size), static_cast<std::size_t>(size));
}

/// `text`, and how often it stands there in a row.
void append_run(std::string& out, const std::string& text, std::uint64_t times) {
  if (!out.empty()) out += ' ';
  out += text;
  if (times > 1) out += " (" + std::to_string(times) + " times)";
}

}  // namespace

std::uint64_t number_at(const Value& value, Bytes body, std::uint64_t i) noexcept {
  const auto raw = element_bytes(value, body, i);
  if (raw.size() > 8) return 0;
  std::uint64_t number = 0;
  for (std::size_t k = 0; k < raw.size(); ++k) number = number << 8 | load_u8(raw, k);
  return value.kind == ValueKind::signed_number ? sign_extended(number, raw.size()) : number;
}

std::string element_text(const Value& value, Bytes body, std::uint64_t i) {
  const auto number = number_at(value, body, i);
  switch (value.kind) {
    case ValueKind::boolean: return number != 0 ? "true" : "false";
    case ValueKind::unsigned_number: return padded_hex(number, element_size(value));
    case ValueKind::flags: {
      std::string names;
      for (const auto& name : flag_names(value, number)) names += (names.empty() ? "" : ", ") + name;
      return padded_hex(number, element_size(value)) + (names.empty() ? "" : " (" + names + ")");
    }
    case ValueKind::signed_number: return std::to_string(static_cast<std::int64_t>(number));
    case ValueKind::real: return std::to_string(std::bit_cast<double>(number));
    case ValueKind::pointer: return number == '0' ? "NULL" : "not NULL";
    case ValueKind::bytes: return hex_bytes(element_bytes(value, body, i), SIZE_MAX);
    case ValueKind::structure:
    case ValueKind::subsection: break;
  }
  return {};
}

std::string value_text(const Value& value, Bytes body, std::size_t limit) {
  if (value.kind == ValueKind::bytes && !value.array) return hex_bytes(element_bytes(value, body, 0), limit);
  std::string out;
  for (std::uint64_t i = 0, next = 0; i < value.count; i = next) {
    if (out.size() > limit) return out + " ...";
    const auto text = element_text(value, body, i);
    if (text.empty()) return out;  // a group, or elements without bytes
    for (next = i + 1; next < value.count && element_text(value, body, next) == text;) ++next;
    append_run(out, text, next - i);
  }
  return out;
}

}  // namespace mig::vmstate
