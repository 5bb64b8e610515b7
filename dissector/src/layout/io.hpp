// SPDX-License-Identifier: GPL-2.0-or-later
// What a Layout may say of a unit, in the order of the wire. Reader, Writer, Lister and Setter each give it a
// meaning.
#pragma once
#include <cstdint>
#include <string_view>

#include "mig/events.hpp"
#include "mig/fields.hpp"

namespace mig {

/// The one description of a unit. A specialisation for every body of EventBody; one that is missing does not
/// compile.
///   static constexpr std::string_view name;                as rules, logs and displays call the unit
///   static constexpr Role role;
///   template <class Io> static void walk(Io&, auto& body); its bytes in their order, what they mean, what is
///   derived
/// and where the display order of the fields is not that of the wire:
///   static constexpr std::array<std::string_view, N> first;  these first
/// A unit carries at most one text.
template <class Body>
struct Layout;

enum class Role : std::uint8_t {
  header,  ///< begins a unit
  nested,  ///< a header inside the unit before it
  part,    ///< belongs to the unit before it
  aside,   ///< no unit: payload and bytes without a header, and what a parser says of itself
};

/// How a number is shown; a quiet one is left out of the line of text.
struct Show {
  FieldStyle style = FieldStyle::decimal;
  bool quiet = false;
};
inline constexpr Show decimal{FieldStyle::decimal, false};
inline constexpr Show hex{FieldStyle::hex, false};
inline constexpr Show quiet{FieldStyle::decimal, true};
inline constexpr Show quiet_hex{FieldStyle::hex, true};

/// A be64 of two numbers: the low bits, and the rest.
struct Split {
  unsigned bits = 0;     ///< how many low bits; 0: those below the target's page size
  bool shifted = false;  ///< the rest is shifted down by them
};
inline constexpr Split page_split{0, false};

/// What the be16 length of a command counts besides the header.
struct Counted {
  std::uint64_t behind = 0;  ///< bytes that follow as events of their own
  bool open = false;         ///< there are such bytes: the length is not that of the header alone
  bool lists_length = true;  ///< false where the header has a longer field of that name
};

template <class Io>
class LayoutIo {
 public:
  template <class T>
  constexpr void u8(std::string_view name, T& value, Show show = decimal) {
    self().template number<1>(name, value, show);
  }
  template <class T>
  constexpr void be16(std::string_view name, T& value, Show show = decimal) {
    self().template number<2>(name, value, show);
  }
  template <class T>
  constexpr void be32(std::string_view name, T& value, Show show = decimal) {
    self().template number<4>(name, value, show);
  }
  template <class T>
  constexpr void be64(std::string_view name, T& value, Show show = decimal) {
    self().template number<8>(name, value, show);
  }
  /// A text behind its length, u8 or be32.
  template <class Id>
  constexpr void cstr(std::string_view name, Id& id) {
    self().template text<1>(name, id);
  }
  template <class Id>
  constexpr void text32(std::string_view name, Id& id) {
    self().template text<4>(name, id);
  }

  /// Bytes that are always the same.
  constexpr void constant8(std::uint64_t value) { self().template constant<1>(value); }
  constexpr void constant32(std::uint64_t value) { self().template constant<4>(value); }
  constexpr void constant64(std::uint64_t value) { self().template constant<8>(value); }

  /// be16 type, be16 length of `inner`.
  template <class Inner>
  constexpr void message(MessageType type, const Inner& inner) {
    self().framed(static_cast<std::uint16_t>(type), inner, Counted{});
  }
  /// u8 0x08, be16 command, be16 length of `inner`.
  template <class Inner>
  constexpr void command(CommandType type, const Inner& inner, Counted counted = {}) {
    constant8(0x08);
    self().framed(static_cast<std::uint16_t>(type), inner, counted);
  }

  // Not on the wire: only the Lister has a use for these.
  template <class T>
  constexpr void derived(std::string_view, const T&, Show = decimal) {}
  constexpr void derived_text(std::string_view, std::string_view) {}
  template <class Id>
  constexpr void derived_name(std::string_view, Id) {}
  /// Shown where it is set.
  constexpr void flag(std::string_view, bool) {}

 private:
  [[nodiscard]] constexpr Io& self() noexcept { return static_cast<Io&>(*this); }
};

}  // namespace mig
