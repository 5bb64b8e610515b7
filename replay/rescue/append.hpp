// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "mig/bytes.hpp"

namespace mig::replay {

inline void append(std::vector<std::byte>& to, Bytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace mig::replay
