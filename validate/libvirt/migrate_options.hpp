// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario asks of QEMU, in the words of `virsh migrate`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "validate/scenario/scenario.hpp"

namespace mig::validate::libvirt {

/// The scenario asks for something that libvirt has no word for, or does by itself; empty: it does not.
[[nodiscard]] std::optional<std::string> unsupported_reason(const Scenario& scenario);

/// For a scenario that nothing speaks against.
[[nodiscard]] std::vector<std::string> migrate_options(const Scenario& scenario);

}  // namespace mig::validate::libvirt
