// SPDX-License-Identifier: GPL-2.0-or-later
// What was seen against what is expected of this pair of versions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/expect/expectation.hpp"

namespace mig::validate {

/// The first that fits the pair, and the libvirt that drives the two, if one does; null when none does.
[[nodiscard]] const Expectation* expectation_for(const std::vector<Expectation>& expectations,
                                                 QemuVersion source, QemuVersion destination,
                                                 std::optional<QemuVersion> libvirt = std::nullopt);

/// One sentence for each difference; empty when all is as expected.
[[nodiscard]] std::vector<std::string> differences(const Expectation& expected, const Observations& seen,
                                                   const Judgement& judgement);

/// `*` in the pattern stands for any text.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace mig::validate
