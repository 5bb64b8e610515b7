// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mig::validate::libvirt {

/// A TCP port that is free at all of these addresses now. Throws CouldNotRun.
[[nodiscard]] std::uint16_t free_port(const std::vector<std::string>& addresses);

}  // namespace mig::validate::libvirt
