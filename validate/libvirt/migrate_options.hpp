// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario asks of QEMU, in the words of `virsh migrate`.
#pragma once

#include <string>
#include <vector>

#include "validate/scenario/scenario.hpp"

namespace mig::validate::libvirt {

/// Throws CouldNotRun where the scenario asks for something that libvirt has no word for.
[[nodiscard]] std::vector<std::string> migrate_options(const Scenario& scenario);

}  // namespace mig::validate::libvirt
