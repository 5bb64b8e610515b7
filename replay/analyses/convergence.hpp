// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "replay/analyses/ram.hpp"

namespace mig::replay {

/// Why precopy came to no end, in figures; nullopt where it did or where too few passes tell.
///
/// A source switches over when what is left can be sent within its downtime-limit. The wire does not show the
/// limit; QEMU's default of 300 ms is taken. So precopy does not converge when pass after pass (the last
/// three or more, the one of the stopped guest aside) takes longer than that and is no smaller than 9/10 of
/// the one before it.
[[nodiscard]] std::optional<std::string> why_no_convergence(const Ram& ram);

}  // namespace mig::replay
