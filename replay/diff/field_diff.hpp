// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "replay/devices/device_report.hpp"
#include "replay/diff/machine_diff.hpp"

namespace mig::replay {

/// Subsections and fields that one side of a section lacks or has with another type or length, and, with
/// `values`, those that hold something else. Both are decoded. `section` goes into each difference.
void diff_fields(const DescribedSection& a, const DescribedSection& b, bool values,
                 const std::string& section, std::vector<Difference>& out);

}  // namespace mig::replay
