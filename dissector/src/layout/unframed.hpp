// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes without a header, and what a parser says of itself: nothing of it is a header's.
#pragma once
#include "layout/io.hpp"
#include "mig/parse_error.hpp"

namespace mig {

template <>
struct Layout<Payload> {
  static constexpr std::string_view name = "payload";
  static constexpr Role role = Role::aside;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived_text("kind", to_string(b.kind));
    io.derived("at", b.offset, hex);
  }
};
template <>
struct Layout<Unparsed> {
  static constexpr std::string_view name = "unparsed";
  static constexpr Role role = Role::aside;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived_text("cause", to_string(b.cause));
  }
};
template <>
struct Layout<Missing> {
  static constexpr std::string_view name = "missing";
  static constexpr Role role = Role::aside;
  template <class Io>
  static constexpr void walk(Io&, auto&) {}
};
template <>
struct Layout<Resynchronised> {
  static constexpr std::string_view name = "resynchronised";
  static constexpr Role role = Role::aside;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived_text("anchor", to_string(b.anchor));
    io.derived("lost", b.lost);
  }
};
template <>
struct Layout<Confirmed> {
  static constexpr std::string_view name = "confirmed";
  static constexpr Role role = Role::aside;
  template <class Io>
  static constexpr void walk(Io&, auto&) {}
};

}  // namespace mig
