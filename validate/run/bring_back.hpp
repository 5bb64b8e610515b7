// SPDX-License-Identifier: GPL-2.0-or-later
// --rescue: a guest that nobody runs any more is given to a third QEMU, as docs/rescue.md says.
#pragma once

#include <filesystem>

#include "validate/run/run_setup.hpp"
#include "validate/run/watcher.hpp"

namespace mig::validate {

/// Where migproxy keeps the device package.
[[nodiscard]] std::filesystem::path kept_package(const RunSetup& setup);

/// The run ended LOST or PAUSED, the destination's guest never ran, and the source waits in postcopy-paused.
[[nodiscard]] bool can_be_rescued(const Observations& seen, const RunSetup& setup);

/// Ends the destination first. Throws Interrupted; what fails is in the result.
[[nodiscard]] GuestRescue bring_back(const RunSetup& setup, Driver& driver, Watcher& watcher);

}  // namespace mig::validate
