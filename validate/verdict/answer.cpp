// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "validate/verdict/observations.hpp"

namespace mig::validate {
namespace {

constexpr std::array<std::string_view, 4> words{"done", "timed out", "accepted", "refused"};

}  // namespace

std::string_view to_string(Answer answer) { return words.at(static_cast<std::size_t>(answer)); }

std::optional<Answer> parse_answer(std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? std::nullopt : std::optional(static_cast<Answer>(found - words.begin()));
}

std::vector<std::string> answer_words() { return {words.begin(), words.end()}; }

}  // namespace mig::validate
