// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <string>

#include "replay/input/packed_file.hpp"

namespace mig::replay {

/// One line on standard error, where that is a terminal, that tells how far a file was read; from the second
/// second on.
class Progress {
 public:
  Progress(std::string name, const ReadPosition& position);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Takes the line away.
  ~Progress();
  void tick();

 private:
  using Clock = std::chrono::steady_clock;
  void show(Clock::time_point now);

  std::string name_;
  const ReadPosition& position_;
  Clock::time_point start_ = Clock::now(), next_;
  bool wanted_, shown_ = false;
};

}  // namespace mig::replay
