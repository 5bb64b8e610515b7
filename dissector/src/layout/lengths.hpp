// SPDX-License-Identifier: GPL-2.0-or-later
// What the length of a message or command may be, as its layout has it.
#pragma once
#include <algorithm>

#include "layout/layouts.hpp"
#include "layout/lister.hpp"

namespace mig {

inline constexpr std::size_t message_header_size = 4;  // be16 type, be16 length

struct Framing {
  std::uint16_t type = 0;
  std::uint64_t shortest = 0;
  std::uint64_t longest = 0;
  [[nodiscard]] constexpr bool fits(std::uint64_t length) const noexcept {
    return length >= shortest && length <= longest;
  }
};

/// A text that the length counts is of 1 to 255 bytes.
template <class Body>
constexpr Framing framing_of(const Body& body) {
  FieldList list;
  Lister lister(nullptr, list);
  Layout<Body>::walk(lister, body);
  const auto* type = list.find("type");
  const auto* length = list.find("length");
  Framing out{static_cast<std::uint16_t>(type->number), length->number, length->number};
  const bool text = std::any_of(list.begin(), list.end(), [](const Field& f) { return f.counted; });
  if (text) ++out.shortest, out.longest += 255;
  return out;
}

/// Those of return_path_messages.
inline constexpr auto message_framings =
    std::apply([](const auto&... body) { return std::array{framing_of(body)...}; }, return_path_messages);

/// Does `length` fit a message of this type? Unknown types: no.
[[nodiscard]] constexpr bool message_length_fits(MessageType type, std::uint16_t length) noexcept {
  return std::any_of(message_framings.begin(), message_framings.end(), [&](const Framing& f) {
    return f.type == static_cast<std::uint16_t>(type) && f.fits(length);
  });
}

}  // namespace mig
