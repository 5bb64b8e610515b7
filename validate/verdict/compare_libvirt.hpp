// SPDX-License-Identifier: GPL-2.0-or-later
// What libvirt made of a run against what a scenario expects of it.
#pragma once

#include <string>
#include <vector>

#include "validate/scenario/scenario.hpp"
#include "validate/verdict/observations.hpp"

namespace mig::validate {

/// Adds one sentence for each difference.
void compare_libvirt(const LibvirtExpectation& expected, const LibvirtSeen& seen,
                     std::vector<std::string>& out);

}  // namespace mig::validate
