// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/heat.hpp"

#include <algorithm>

namespace mig::replay {

Heat::Heat(std::uint64_t length, std::uint32_t page_size) : width_(std::max<std::uint32_t>(page_size, 1)) {
  while (width_ < length / bins + (length % bins != 0 ? 1 : 0)) width_ *= 2;
}

void Heat::add(std::uint64_t offset) noexcept {
  while (offset / width_ >= bins) {
    for (std::size_t i = 0; i < bins / 2; ++i) counts_[i] = counts_[2 * i] + counts_[2 * i + 1];
    std::fill(counts_.begin() + bins / 2, counts_.end(), 0);
    width_ *= 2;
  }
  ++counts_[offset / width_];
}

}  // namespace mig::replay
