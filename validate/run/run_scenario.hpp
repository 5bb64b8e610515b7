// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a scenario once: two QEMUs, migproxy between them, and a listener that is told each thing as it is
// seen.
#pragma once

#include <functional>
#include <memory>

#include "validate/run/driver.hpp"
#include "validate/run/run_listener.hpp"
#include "validate/run/run_setup.hpp"
#include "validate/scenario/scenario.hpp"

namespace mig::validate {

using MakeDriver = std::function<std::unique_ptr<Driver>(const Scenario& scenario, const RunSetup& setup,
                                                         const RunClock& clock)>;

/// Two QEMUs started by us, driven over QMP.
[[nodiscard]] std::unique_ptr<Driver> drive_over_qmp(const Scenario& scenario, const RunSetup& setup,
                                                     const RunClock& clock);

/// Returns what was seen. Everything it started has ended when it returns or throws. Throws CouldNotRun when
/// the run could not be made at all, Interrupted on a signal.
[[nodiscard]] Observations run_scenario(const Scenario& scenario, const RunSetup& setup,
                                        RunListener& listener,
                                        const MakeDriver& make_driver = drive_over_qmp);

}  // namespace mig::validate
