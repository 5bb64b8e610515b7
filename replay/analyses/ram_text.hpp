// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "replay/analyses/ram.hpp"

namespace mig::replay {

/// Tables of passes and blocks for people, and where pages were sent again.
[[nodiscard]] std::string ram_text(const Ram& ram, Time start);

}  // namespace mig::replay
