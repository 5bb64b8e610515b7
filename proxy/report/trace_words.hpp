// SPDX-License-Identifier: GPL-2.0-or-later
// What happened, in words: the trace prints them, and each line of the log has them as `text`.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/relay/observer.hpp"

namespace mig::proxy {

enum class Tone : std::uint8_t { plain, dim, bold, yellow, red };

struct TraceWords {
  std::string_view mark;  ///< before the text: "+", "-", "!", "*", "==="; empty: the arrow of a direction
  Tone tone = Tone::plain;
  std::string text;  ///< empty: nothing that is reported
  Tone aside_tone = Tone::plain;
  std::string aside;  ///< behind the text: what a rule did, how much a connection carried

  [[nodiscard]] std::string all() const { return text + aside; }
};

/// `rules`: their texts, by RuleIndex.
[[nodiscard]] TraceWords words_of(const RelayEvent& event, const std::vector<std::string>& rules);

}  // namespace mig::proxy
