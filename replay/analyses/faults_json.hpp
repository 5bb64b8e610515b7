// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

#include "replay/analyses/faults.hpp"

namespace mig::replay {

/// docs/replay-schema.md, "faults". Times are seconds since `start`, durations microseconds.
[[nodiscard]] boost::json::object to_json(const Faults& faults, Time start);

}  // namespace mig::replay
