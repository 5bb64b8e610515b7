// SPDX-License-Identifier: GPL-2.0-or-later
// [[expect]], [[libvirt.expect]] and [needs]: tables of a scenario file to data. Each throws Refusal.
#pragma once

#include <string>
#include <vector>

#include "validate/expect/expectation.hpp"
#include "validate/toml/table_reader.hpp"

namespace mig::validate {

/// `steps` are the names that `answers` may speak of.
[[nodiscard]] Expectation read_expectation(const Node& node, const std::string& file,
                                           const std::vector<std::string>& steps, bool through_libvirt);

/// Which pairs a scenario makes sense for, and why not for others.
struct Needs {
  When when;
  std::string because;
};
/// A feature's name, or a table with ranges of versions.
[[nodiscard]] Needs read_needs(const Node& node, const std::string& file);

}  // namespace mig::validate
