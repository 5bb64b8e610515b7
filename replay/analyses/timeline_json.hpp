// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

#include "replay/analyses/timeline.hpp"

namespace mig::replay {

/// docs/replay-schema.md, "timeline". Times are seconds since `start`.
[[nodiscard]] boost::json::object to_json(const Timeline& timeline, Time start);

}  // namespace mig::replay
