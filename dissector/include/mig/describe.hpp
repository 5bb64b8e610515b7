// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "mig/events.hpp"

namespace mig {

class StreamTables;

/// One line of text, no newline: `off=0x1f len=15 page block=pc.ram offset=0x3000 size=4096`.
[[nodiscard]] std::string describe(const Event& event, const StreamTables& tables);
/// The same without offset and length: `page block=pc.ram offset=0x3000 size=4096`.
[[nodiscard]] std::string describe_unit(const Event& event, const StreamTables& tables);

}  // namespace mig
