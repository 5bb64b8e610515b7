// SPDX-License-Identifier: GPL-2.0-or-later
// What actions and their filters ask of the direction that they act in.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/plan/output_plan.hpp"
#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

/// Why a rule that acted has changed nothing.
inline constexpr const char* another_takes_it = "another rule takes the unit away";

class ActionHost {
 public:
  /// The longest unit that is kept whole, in bytes.
  [[nodiscard]] virtual std::size_t unit_limit() const noexcept = 0;
  /// Bytes that went into plans of this direction so far.
  [[nodiscard]] virtual std::uint64_t sent() const noexcept = 0;
  [[nodiscard]] virtual ConnectionId connection() const noexcept = 0;
  [[nodiscard]] virtual Direction direction() const noexcept = 0;

  /// The rule's connection=, migration=, channel= and phase= fit; of closing actions without channel=, which
  /// says what ends.
  [[nodiscard]] virtual bool in_scope(RuleIndex rule) const = 0;
  /// Its channel= is this connection's channel.
  [[nodiscard]] virtual bool on_its_channel(RuleIndex rule) const = 0;
  /// Its on= has come, or it has none.
  [[nodiscard]] virtual bool armed(RuleIndex rule) = 0;

  /// It has acted as often as it may in this migration.
  [[nodiscard]] virtual bool is_exhausted(RuleIndex rule) = 0;

  /// Goes in front of the unit.
  virtual void step(const Step& step) = 0;
  /// Steps that let the direction wait as for=, jitter= and until= say.
  [[nodiscard]] virtual std::vector<Step> wait_steps(RuleIndex rule) = 0;
  /// A filter of a connection is about to act for the first time: counts skip= and times=, and reports it.
  [[nodiscard]] virtual bool may_act(RuleIndex rule) = 0;
  /// The rule acts on a connection without a unit: counts skip= and times=.
  [[nodiscard]] virtual bool fire(RuleIndex rule) = 0;
  /// It acted on the unit, and what was sent is the same without it.
  virtual void ineffective(RuleIndex rule, const std::string& why) = 0;
  /// The unit is longer than unit_limit(): the rule is off.
  virtual void too_long(RuleIndex rule) = 0;
  /// Keeps the open unit, of which these are the bytes. Returns the step that starts its time, if it has one.
  [[nodiscard]] virtual std::optional<Step> hold_unit(RuleIndex rule, std::vector<std::byte> bytes) = 0;
  /// When the note with this trigger is delivered, the other connections that channel= names are ended.
  [[nodiscard]] virtual std::uint32_t end_others_later(RuleIndex rule) = 0;
  /// A hold of the whole direction, for StartTimer or until=.
  [[nodiscard]] virtual HoldId new_hold(RuleIndex rule) = 0;
  [[nodiscard]] virtual bool released(HoldId hold) const = 0;
  /// The rule that limits the direction's rate: one at a time.
  [[nodiscard]] virtual std::optional<RuleIndex>& rate_limiter() noexcept = 0;

 protected:
  ~ActionHost() = default;
};

}  // namespace mig::proxy
