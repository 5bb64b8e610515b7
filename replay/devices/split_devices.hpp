// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "replay/devices/device_states.hpp"
#include "vmstate/description.hpp"

namespace mig::replay {

/// The device sections in `first`, which is what a stream without section footers has from its first device
/// on: headers and states, one behind the other. A state ends where `description` (nullptr: there is none)
/// says, if a section header is there; else at the next plausible header, which is a guess.
[[nodiscard]] std::vector<DeviceSection> split_devices(DeviceSection first,
                                                       const vmstate::Description* description);

}  // namespace mig::replay
