// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <string_view>

#include "mig/stream_tables.hpp"

namespace mig::replay {

/// How the target page size is known, as JSON has it.
[[nodiscard]] inline std::string_view page_size_source(PageSizeSource source) {
  constexpr std::array<std::string_view, 6> names = {
      "assumed", "preset", "configuration", "POSTCOPY_ADVISE", "found from the stream", "VM description"};
  return names.at(static_cast<std::size_t>(source));
}

}  // namespace mig::replay
