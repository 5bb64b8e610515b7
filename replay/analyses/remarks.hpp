// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy's remarks in a recording: what it did to the other of its two legs.
#pragma once
#include <string_view>
#include <vector>

#include "mig/history/verdict.hpp"
#include "replay/input/capture_reader.hpp"

namespace mig::replay {

class Remarks {
 public:
  void add(std::string_view text, Moment moment);
  /// What may have been done counts everywhere; what was surely taken away, within [from, to) only, the time
  /// of one migration.
  [[nodiscard]] Deeds between(Time from, Time to) const;

 private:
  struct Taken {
    Moment moment;
    enum class What { shut, pong, package, ping_in_package, run_in_package } what{};
    std::uint32_t value = 0;
  };
  std::vector<Taken> taken_;  // in the order of time
  Deeds may_;
};

}  // namespace mig::replay
