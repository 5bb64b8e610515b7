// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "mig/history/migration.hpp"
#include "proxy/rules/fault_rule.hpp"
#include "proxy/rules/unit_kind.hpp"

namespace mig::proxy {

/// The rules and how often each has acted: counted per migration, and in all.
class RuleBook {
 public:
  RuleBook(std::vector<FaultRule> rules, std::uint64_t seed);

  [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }
  [[nodiscard]] const FaultRule& rule(RuleIndex index) const {
    return rules_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const std::vector<FaultRule>& rules() const noexcept { return rules_; }

  /// A unit fits the rule: counts skip= and times= of this migration, throws the dice of chance=, and says
  /// whether the rule acts. nullptr: of connections that belong to no migration (yet).
  [[nodiscard]] bool fire(const Migration* migration, RuleIndex index);
  /// It acted and nothing came of it: that does not count. True when that is so for the first time.
  bool retract_fire(const Migration* migration, RuleIndex index);
  /// A unit fits, but another rule has taken it away. True when that is so for the first time.
  bool tried(RuleIndex index) { return ineffective_[static_cast<std::size_t>(index)]++ == 0; }
  /// It has acted as often as it may in this migration.
  [[nodiscard]] bool exhausted(const Migration* migration, RuleIndex index);

  /// No unit of this migration comes any more: its counts are not needed.
  void forget(const Migration* migration) { states_.erase(migration); }

  /// on= has come true in this migration.
  void arm(const Migration* migration, RuleIndex index) { state(migration, index).armed = true; }
  [[nodiscard]] bool armed(const Migration* migration, RuleIndex index);

  /// for= and a throw of jitter=.
  [[nodiscard]] Duration wait_of(RuleIndex index);

  void switch_off(RuleIndex index, std::string why);
  /// Units of the rule's kind that passed, and what kept it from acting on them. In the order in which it is
  /// asked.
  enum class Miss : std::uint8_t { none, scope, not_armed, fields, skipped, chance };
  static constexpr std::size_t misses = 6;
  void missed(RuleIndex index, Miss why) {
    ++missed_[static_cast<std::size_t>(index)][static_cast<std::size_t>(why)];
  }
  [[nodiscard]] const std::array<std::uint64_t, misses>& missed(RuleIndex index) const {
    return missed_[static_cast<std::size_t>(index)];
  }

  [[nodiscard]] std::uint64_t fired(RuleIndex index) const { return total_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] std::uint64_t ineffective(RuleIndex index) const {
    return ineffective_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] const std::optional<std::string>& off_because(RuleIndex index) const {
    return off_[static_cast<std::size_t>(index)];
  }

  /// Units that a rule acts on, by direction; units that on= or until= wait for.
  [[nodiscard]] UnitSet acted_on(Direction direction) const noexcept {
    return acted_[static_cast<int>(direction)];
  }
  [[nodiscard]] UnitSet waited_for() const noexcept { return waited_; }
  [[nodiscard]] bool uses_phase() const noexcept { return uses_phase_; }
  /// No rule can ever touch the bytes of this direction, nor has it to know exactly where a unit ends in it.
  [[nodiscard]] bool leaves_alone(Direction direction) const noexcept;

 private:
  struct State {
    std::uint32_t passed = 0;
    std::uint32_t fired = 0;
    bool armed = false;
  };
  State& state(const Migration* migration, RuleIndex index);

  std::vector<FaultRule> rules_;
  std::unordered_map<const Migration*, std::vector<State>> states_;
  std::vector<std::uint64_t> total_;
  std::vector<std::uint64_t> ineffective_;
  std::vector<std::array<std::uint64_t, misses>> missed_;
  std::vector<std::optional<std::string>> off_;
  std::mt19937_64 dice_;
  UnitSet acted_[2] = {0, 0};
  UnitSet waited_ = 0;
  bool uses_phase_ = false;
};

}  // namespace mig::proxy
