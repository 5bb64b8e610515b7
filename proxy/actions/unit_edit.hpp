// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mig/stream_tables.hpp"
#include "proxy/actions/acting.hpp"

namespace mig::proxy {

/// What flip and set do to a unit, as data.
struct UnitEdit {
  std::vector<BytePatch> patches;  ///< by offset in the unit
  std::vector<std::byte> header;   ///< the new header if its length changes, else empty
  std::optional<EventBody> body;   ///< the unit as the receiver reads it, if that is known
  bool readable = true;            ///< false: the receiver cannot take it for the unit that it was
  bool garbles = false;            ///< what follows the unit cannot be read any more
  std::string impossible;          ///< why nothing can be done, or empty
};

[[nodiscard]] UnitEdit edit_unit(const FaultRule& rule, const Event& event, Bytes raw,
                                 const StreamTables& tables);

}  // namespace mig::proxy
