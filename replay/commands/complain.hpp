// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdio>
#include <string_view>

#include "common/text.hpp"

namespace mig::replay {

/// Prints a message to standard error. What comes from files and the command line may be in it as it is.
inline void complain(std::string_view text) {
  std::fprintf(stderr, "migreplay: %s\n", readable(text).c_str());
}

}  // namespace mig::replay
