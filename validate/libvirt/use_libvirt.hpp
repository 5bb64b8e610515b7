// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "validate/matrix/run_matrix.hpp"

namespace mig::validate::libvirt {

/// From now on a libvirt drives the QEMUs: "12.8", "system", or a folder. Throws CouldNotRun.
void use_libvirt(const std::string& which, MatrixOptions& options);

}  // namespace mig::validate::libvirt
