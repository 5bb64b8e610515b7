// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

#include "replay/analyses/ram.hpp"

namespace mig::replay {

/// docs/replay-schema.md, "ram". Times are seconds since `start`.
[[nodiscard]] boost::json::object to_json(const Ram& ram, Time start);

}  // namespace mig::replay
