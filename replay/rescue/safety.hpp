// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>

#include "mig/history/facts.hpp"

namespace mig::replay {

/// What the operator says about the destination of the migration that was lost.
enum class Statement : std::uint8_t {
  none,
  destination_ended,      ///< its QEMU has ended
  destination_never_ran,  ///< its guest never ran and never will: it was paused, or its `cont` failed
  accept_rollback,        ///< it may have run: what it did since then is given up
};

/// Whether a second life of the guest can meet the first.
struct Safety {
  bool safe = false;
  bool rollback = false;  ///< the destination may have run: the result is the guest as of the switchover
  std::string reason;     ///< one sentence
  std::string remedy;     ///< if it is not safe: what would make it so
};

/// The package fits once, and only to a guest that has not run since and cannot start any more.
[[nodiscard]] Safety judge_safety(const Facts& facts, Statement statement);

}  // namespace mig::replay
