// SPDX-License-Identifier: GPL-2.0-or-later
// What set and flip do to a unit, as data.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mig/events.hpp"
#include "mig/stream_tables.hpp"
#include "proxy/engine/output_stack.hpp"
#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

struct UnitEdit {
  std::vector<BytePatch> patches;  ///< by offset in the unit
  std::vector<std::byte> header;   ///< the header anew where its length changes, else empty
  std::optional<EventBody> body;   ///< the unit as the receiver reads it, where that can be told
  bool readable = true;            ///< false: the receiver cannot take it for the unit that it was
  bool garbles = false;            ///< what follows the unit cannot be read any more
  std::string impossible;          ///< why nothing can be done, or empty
};

[[nodiscard]] UnitEdit edit_unit(const FaultRule& rule, const Event& event, Bytes raw,
                                 const StreamTables& tables);

}  // namespace mig::proxy
