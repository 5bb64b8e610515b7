// SPDX-License-Identifier: GPL-2.0-or-later
// A rule that acts on a unit.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "mig/events.hpp"
#include "mig/stream_tables.hpp"
#include "proxy/actions/filter.hpp"
#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

/// One byte that is sent changed; `at` counts from the unit's first byte.
struct BytePatch {
  std::uint64_t at = 0;
  std::byte value{};
  bool flip = false;  ///< value is XORed instead of set
};

/// What the rules make of one unit, as far as they have been asked.
struct UnitOutcome {
  std::vector<RuleIndex> rules;
  std::optional<Decision> decision;
  std::optional<RuleIndex> rule;
  bool arrives = true;
  bool notes_itself = false;          ///< a cut writes the note
  bool copied = false;                ///< a copy of the unit that is whole is sent first
  bool cut_short = false;             ///< its end is missing
  bool readable = true;               ///< the changed unit still is what `sent` says
  bool garbles = false;               ///< what follows the unit cannot be read any more: of cuts and copies
  bool edit_garbles = false;          ///< the same, of edits
  std::optional<Event> sent;          ///< the event as changed
  std::optional<std::uint64_t> size;  ///< of the unit as it leaves the rules so far, if that is known
  std::optional<RuleIndex> taken_by;  ///< nothing of the unit passes this rule: those behind it do not act
  std::vector<std::byte> header;      ///< the new header, if its length has changed
  std::vector<BytePatch> patches;     ///< of the rules that edit it; `at` may be behind its header
};

struct Acting {
  ActionHost& host;
  RuleIndex index;
  const FaultRule& rule;
  const Event& event;
  Bytes raw;  ///< of the event
  const StreamTables& tables;
  UnitOutcome& outcome;
  std::vector<std::unique_ptr<Filter>>& filters;  ///< the first one acts first

  template <class F, class... Args>
  void add(Args&&... args) {
    filters.push_back(std::make_unique<F>(std::forward<Args>(args)...));
  }
};

}  // namespace mig::proxy
