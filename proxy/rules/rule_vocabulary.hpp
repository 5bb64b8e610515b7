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

/// Sets of enumerators as bits.
using KeySet = std::uint32_t;
using ActionSet = std::uint32_t;
[[nodiscard]] constexpr KeySet bit(Key key) { return KeySet{1} << static_cast<unsigned>(key); }
[[nodiscard]] constexpr ActionSet bit(Action action) { return ActionSet{1} << static_cast<unsigned>(action); }

struct ActionRow {
  std::string_view word;
  KeySet keys;  ///< keys of its own, beside those that narrow a match
  std::string_view help;
  Decision decision;            ///< what is reported of the unit
  bool takes_unit = false;      ///< nothing of the unit goes on to the rules behind this one
  bool changes_length = false;  ///< of the unit, and so of a package around it
};

struct UnitRow {
  std::string_view word;
  Direction direction;  ///< of `connection` and `bytes`: where it acts unless it ends both
  ActionSet actions;
  KeySet match;                     ///< which of value, name, instance, block, offset narrow it
  std::optional<EventBody> sample;  ///< one such unit; `inject` starts from it
  bool in_package;                  ///< may stand inside a package
  std::string_view help;
};

struct KeyRow {
  std::string_view word;
  std::string_view form;  ///< what stands behind the =, for help
  std::string_view help;
};

/// The tables; index = enumerator.
[[nodiscard]] std::span<const ActionRow> action_rows() noexcept;
[[nodiscard]] std::span<const UnitRow> unit_rows() noexcept;
[[nodiscard]] std::span<const KeyRow> key_rows() noexcept;
[[nodiscard]] const ActionRow& row(Action action) noexcept;
[[nodiscard]] const UnitRow& row(Unit unit) noexcept;
[[nodiscard]] const KeyRow& row(Key key) noexcept;

[[nodiscard]] std::string_view to_string(ChannelChoice channel) noexcept;
[[nodiscard]] std::optional<Action> find_action(std::string_view word) noexcept;
[[nodiscard]] std::optional<Unit> find_unit(std::string_view word) noexcept;
[[nodiscard]] std::optional<Key> find_key(std::string_view word) noexcept;
[[nodiscard]] std::optional<ChannelChoice> find_channel(std::string_view word) noexcept;
[[nodiscard]] std::optional<Phase> find_phase(std::string_view word) noexcept;

/// Every key that a rule of this action and unit may have.
[[nodiscard]] KeySet allowed_keys(Action action, Unit unit) noexcept;
/// The fields of the unit's header that set and flip may touch.
[[nodiscard]] FieldList header_fields(Unit unit);
/// The field that set changes when no field= is given; empty where there is none.
[[nodiscard]] std::string_view default_field(Unit unit);

/// close, reset, half-close, absorb, blackhole: what ends or silences a connection.
[[nodiscard]] constexpr bool is_close(Action action) {
  return action == Action::close || action == Action::reset || action == Action::half_close ||
         action == Action::absorb || action == Action::blackhole;
}
/// It has a for= or an until=.
[[nodiscard]] bool waits(const FaultRule& rule) noexcept;
/// A blackhole that lets pass again what it has stopped.
[[nodiscard]] bool passes_later(const FaultRule& rule) noexcept;
/// Nothing of a unit that it acts on goes on to the rules behind it.
[[nodiscard]] bool takes_unit(const FaultRule& rule) noexcept;
/// Acting may change how many bytes the unit has.
[[nodiscard]] bool may_change_length(const FaultRule& rule) noexcept;

/// Units that hold other units.
[[nodiscard]] constexpr bool is_container(Unit unit) {
  return unit == Unit::package || unit == Unit::device || unit == Unit::section;
}

/// "a pong", "an eof", "bytes".
[[nodiscard]] std::string with_article(std::string_view unit);

/// What a command line prints under --help-faults: actions, units and keys with a line each.
[[nodiscard]] std::string vocabulary_help();

}  // namespace mig::proxy
