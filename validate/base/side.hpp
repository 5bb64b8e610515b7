// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace mig::validate {

enum class Side { source, destination };

inline constexpr Side both_sides[] = {Side::source, Side::destination};

[[nodiscard]] inline const char* to_string(Side side) {
  return side == Side::source ? "source" : "destination";
}

}  // namespace mig::validate
