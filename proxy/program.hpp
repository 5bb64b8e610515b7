// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "proxy/options.hpp"

namespace mig::proxy {

enum class Exit : int { fine = 0, failure = 1, usage = 2, never_fired = 3 };

/// Relays until a signal ends it. Throws std::invalid_argument for what is not an address, and
/// std::runtime_error where listening, finding the destination or opening the log fails.
[[nodiscard]] Exit run(const Options& options, std::vector<FaultRule> rules);

}  // namespace mig::proxy
