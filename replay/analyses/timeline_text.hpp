// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "replay/analyses/timeline.hpp"

namespace mig::replay {

/// One line per mark, with its distance from the moment the switchover began, and how long the guest was
/// away.
[[nodiscard]] std::string timeline_text(const Timeline& timeline, Time start);

}  // namespace mig::replay
