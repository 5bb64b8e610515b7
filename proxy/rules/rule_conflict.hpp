// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that cannot act, alone or because of others.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

/// A sentence for each rule whose unit is never sent on its channel, and for each that cannot act, or not on
/// the first units it fits, because a rule in front of it takes them away: drops them, holds them back, or
/// ends their connection.
[[nodiscard]] std::vector<std::string> conflicts(std::span<const FaultRule> rules);

}  // namespace mig::proxy
