// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "mig/bytes.hpp"
#include "mig/events.hpp"
#include "mig/stream_tables.hpp"

namespace mig::test {

/// What is wrong with the fields that are listed for `raw`, or empty. Each byte of a header must belong to
/// exactly one field, which has its value, or to the framing, of which this file keeps its own account; and
/// encode() must give the header again.
[[nodiscard]] std::string layout_fault(const Event& event, Bytes raw, const StreamTables& tables);

}  // namespace mig::test
