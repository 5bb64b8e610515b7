// SPDX-License-Identifier: GPL-2.0-or-later
// What a guest said on its serial port: who counts, runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/clock.hpp"

namespace mig::validate {

/// Ticks that were read at one moment: `first` to `last`, `count` of them.
struct TickBatch {
  Seconds at = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t count = 0;

  friend bool operator==(const TickBatch&, const TickBatch&) = default;
};

/// Reads lines "T 0000002a\r\n". A guest may be moved in the middle of a line: such halves are passed over.
class TickParser {
 public:
  /// The ticks completed by `text`, if any. `at` is when it was read.
  std::optional<TickBatch> feed(std::string_view text, Seconds at);
  /// A tick that was not one more than the tick before it: the guest's time jumped, or output was lost.
  [[nodiscard]] std::uint32_t jumps() const { return jumps_; }

 private:
  std::string partial_;
  std::optional<std::uint32_t> last_;
  std::uint32_t jumps_ = 0;
};

struct TickSummary {
  std::uint32_t count = 0;
  std::uint32_t first = 0;  ///< meaningless when count is 0
  std::uint32_t last = 0;
};

/// The ticks read after `from`, up to and including `to`.
[[nodiscard]] TickSummary ticks_between(const std::vector<TickBatch>& ticks, Seconds from, Seconds to);

/// "tick 42"
[[nodiscard]] std::string tick_text(std::uint32_t tick);

}  // namespace mig::validate
