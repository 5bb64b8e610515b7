// SPDX-License-Identifier: GPL-2.0-or-later
// What a fault action is: a row of the vocabulary, checks of its keys, and what it does to a unit. Each is
// defined in one file of proxy/actions/ and listed in registry.cpp there.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy/plan/output_plan.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {

class RuleParser;
struct Acting;

/// Keys of actions that wait.
inline constexpr KeySet waiting_keys = bit(Key::duration) | bit(Key::until) | bit(Key::jitter);

struct Action {
  std::string_view word;
  std::string_view help;
  Traits on = 0;                   ///< it goes with units that have one of these
  KeySet keys = 0;                 ///< keys of its own, beside those that narrow a match
  std::string_view needs{};        ///< keys that it cannot do without, as an example: "by=1"
  Decision decision;               ///< what is reported of the unit
  bool takes_unit = false;         ///< nothing of the unit goes on to the rules behind this one
  bool changes_length = false;     ///< of the unit, and so of a package around it
  bool injects = false;            ///< it makes units, when its on= or phase= comes; it is shown none
  bool needs_wait = false;         ///< for= or until= must be given
  bool halts = false;              ///< nothing of its direction passes while it waits
  bool by_is_rate = false;         ///< by= is in bytes per second
  std::optional<CloseHow> ends{};  ///< how it ends a connection

  /// Keys that a rule with this unit may have, of those that would follow from the row.
  KeySet (*allowed)(Unit unit, KeySet keys) = nullptr;
  /// False after parser.reject() if the rule cannot work; may complete the rule.
  bool (*check)(RuleParser& parser) = nullptr;
  /// Why this unit cannot be acted on; empty if it can.
  std::string (*obstacle)(const Acting& acting) = nullptr;
  /// What becomes of the unit, before its header is sent.
  void (*judge)(Acting& acting) = nullptr;
  /// Sends steps in front of the unit, or lays filters over it.
  void (*act)(Acting& acting) = nullptr;
  /// Lays filters over a connection of which the channel has just become known. For the units `connection`
  /// and `bytes`.
  void (*start)(Acting& acting) = nullptr;
};

/// All there are, in the order of the help.
[[nodiscard]] std::span<const Action* const> actions() noexcept;
/// nullptr: there is none of that name.
[[nodiscard]] const Action* find_action(std::string_view word) noexcept;
[[nodiscard]] inline bool goes_with(const Action& action, Unit unit) noexcept {
  return (action.on & row(unit).traits) != 0;
}

}  // namespace mig::proxy
