// SPDX-License-Identifier: GPL-2.0-or-later
// How much memory a piece of code has in use at once. Whoever links this has its operator new replaced.
#pragma once
#include <cstddef>

namespace mig::test {

/// Measures from its construction on. One at a time.
class MemoryMeter {
 public:
  MemoryMeter() noexcept;
  /// The most bytes, beyond those in use at the start, that were in use at the same time.
  [[nodiscard]] std::size_t peak() const noexcept;
};

}  // namespace mig::test
