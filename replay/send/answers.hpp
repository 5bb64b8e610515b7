// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mig/event_sink.hpp"

namespace mig::replay {

/// What a destination said on the return path, as far as it can be compared with another run.
struct Answers final : EventSink {
  void on_event(const Event& event, Bytes raw) override;
  std::vector<std::uint32_t> pongs;
  std::optional<std::uint32_t> shut;
  std::uint64_t requests = 0;
};

struct AnswerComparison {
  bool same = true;   ///< the same PONGs, in whatever order (it is a race), and the same SHUT
  std::string table;  ///< for people
};
/// Without an answer on either side nothing differs, and the table says how little that means.
[[nodiscard]] AnswerComparison compare(const Answers& recorded, const Answers& now);

}  // namespace mig::replay
