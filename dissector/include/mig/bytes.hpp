// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mig {

/// Borrowed bytes. As a parameter they are valid for the call only.
using Bytes = std::span<const std::byte>;

/// Big-endian loads; the caller has checked that the bytes are there.
[[nodiscard]] inline std::uint8_t load_u8(Bytes b, std::size_t at = 0) {
  assert(at < b.size());
  return std::to_integer<std::uint8_t>(b[at]);
}

template <class T>
[[nodiscard, gnu::always_inline]] inline T load_be(Bytes b, std::size_t at = 0) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | load_u8(b, at + i));
  return value;
}
[[nodiscard, gnu::always_inline]] inline std::uint16_t load_be16(Bytes b, std::size_t at = 0) {
  return static_cast<std::uint16_t>(load_u8(b, at) << 8 | load_u8(b, at + 1));
}
[[nodiscard]] inline std::uint32_t load_be32(Bytes b, std::size_t at = 0) {
  return load_be<std::uint32_t>(b, at);
}
[[nodiscard]] inline std::uint64_t load_be64(Bytes b, std::size_t at = 0) {
  return load_be<std::uint64_t>(b, at);
}

/// The same bytes seen as text; no charset is promised by the wire.
[[nodiscard]] inline std::string_view as_text(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
[[nodiscard]] inline bool all_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}
/// The text in a field of fixed length that is padded with NULs.
[[nodiscard]] inline std::string_view padded_text(Bytes field) noexcept {
  const auto text = as_text(field);
  return text.substr(0, text.find('\0'));
}
[[nodiscard]] inline Bytes as_bytes(std::string_view s) {
  return std::as_bytes(std::span(s.data(), s.size()));
}

}  // namespace mig
