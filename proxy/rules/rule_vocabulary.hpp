// SPDX-License-Identifier: GPL-2.0-or-later
// The words of the rule grammar, in one place: the parser, its messages, the help text and the shell
// completion all read these tables.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mig/fields.hpp"
#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

enum class Key : std::uint8_t {
  value,
  name,
  instance,
  block,
  offset,
  channel,
  connection,
  migration,
  skip,
  times,
  chance,
  on,
  phase,
  at,
  mask,
  field,
  to,
  by,
  duration,  // for=
  jitter,
  until,
  after,
  repair,
};

/// A set of keys as bits.
using KeySet = std::uint32_t;
[[nodiscard]] constexpr KeySet bit(Key key) { return KeySet{1} << static_cast<unsigned>(key); }

/// What can be done with a unit, as bits: an action says which of these it needs.
using Traits = std::uint8_t;
namespace trait {
inline constexpr Traits in_stream = 1;          ///< a unit of the stream
inline constexpr Traits overtakable = 2;        ///< the stream stays valid if what follows comes first
inline constexpr Traits injectable = 4;         ///< one can be made and sent
inline constexpr Traits only_once = 8;          ///< behind a second one nothing can be read
inline constexpr Traits payload = 16;           ///< bytes follow its header, which field=payload means
inline constexpr Traits whole_connection = 32;  ///< no unit, but a connection
inline constexpr Traits whole_stream = 64;      ///< no unit, but all bytes of a direction
}  // namespace trait

struct UnitRow {
  std::string_view word;
  Direction direction;  ///< of `connection` and `bytes`: where it acts unless it ends both
  Traits traits;
  KeySet match;                     ///< which of value, name, instance, block, offset narrow it
  std::optional<EventBody> sample;  ///< one such unit; `inject` starts from it
  bool in_package;                  ///< may be inside a package
  std::string_view help;
};

struct KeyRow {
  std::string_view word;
  std::string_view form;  ///< what follows the =, for help
  std::string_view help;
};

/// The tables; index = enumerator.
[[nodiscard]] std::span<const UnitRow> unit_rows() noexcept;
[[nodiscard]] std::span<const KeyRow> key_rows() noexcept;
[[nodiscard]] const UnitRow& row(Unit unit) noexcept;
[[nodiscard]] const KeyRow& row(Key key) noexcept;

[[nodiscard]] std::string_view to_string(ChannelChoice channel) noexcept;
[[nodiscard]] std::optional<Unit> find_unit(std::string_view word) noexcept;
[[nodiscard]] std::optional<Key> find_key(std::string_view word) noexcept;
[[nodiscard]] std::optional<ChannelChoice> find_channel(std::string_view word) noexcept;
[[nodiscard]] std::optional<Phase> find_phase(std::string_view word) noexcept;

/// Every key that a rule of this action and unit may have.
[[nodiscard]] KeySet allowed_keys(const Action& action, Unit unit) noexcept;
/// The fields of the unit's header that set and flip may touch.
[[nodiscard]] FieldList header_fields(Unit unit);
/// The field that set changes when no field= is given; empty where there is none.
[[nodiscard]] std::string_view default_field(Unit unit);

/// It has a for= or an until=.
[[nodiscard]] bool waits(const FaultRule& rule) noexcept;
/// A blackhole that lets pass again what it has stopped.
[[nodiscard]] bool passes_later(const FaultRule& rule) noexcept;
/// Nothing of a unit that it acts on goes on to the rules behind it.
[[nodiscard]] bool takes_unit(const FaultRule& rule) noexcept;
/// Acting may change how many bytes the unit has.
[[nodiscard]] bool may_change_length(const FaultRule& rule);

/// Units that contain others.
[[nodiscard]] constexpr bool is_container(Unit unit) {
  return unit == Unit::package || unit == Unit::device || unit == Unit::section;
}

/// "a pong", "an eof", "bytes".
[[nodiscard]] std::string with_article(std::string_view unit);

/// What a command line prints under --help-faults: actions, units and keys with a line each.
[[nodiscard]] std::string vocabulary_help();

}  // namespace mig::proxy
