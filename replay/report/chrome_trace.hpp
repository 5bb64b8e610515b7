// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

namespace mig::replay {

/// The report's data in the Trace Event Format, which Perfetto and chrome://tracing open: one process per
/// migration with phases, the slowest page faults, one row per channel and direction with its units, and
/// throughput as counters. Times are microseconds since the capture's first packet.
[[nodiscard]] boost::json::object chrome_trace(const boost::json::object& report);

}  // namespace mig::replay
