// SPDX-License-Identifier: GPL-2.0-or-later
// Versions of QEMU that stand for something they can do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/expect/expectation.hpp"

namespace mig::validate {

struct Feature {
  std::string_view name;
  std::string_view source;       ///< the versions that have it, as a range
  std::string_view destination;  ///< "*": any
  std::string_view without;      ///< why a scenario about it makes no sense elsewhere
};

/// Null when there is none of that name.
[[nodiscard]] const Feature* find_feature(std::string_view name);
[[nodiscard]] std::vector<std::string> feature_names();

}  // namespace mig::validate
