// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/words.hpp"

namespace mig::proxy {

std::string_view sender(Direction direction) noexcept {
  return direction == Direction::forward ? "source" : "destination";
}

std::string_view to_string(Ending ending) noexcept {
  switch (ending) {
    case Ending::orderly: return "orderly";
    case Ending::reset: return "reset";
    case Ending::fault: return "fault";
    case Ending::stopped: return "stopped";
  }
  return "?";
}

std::string decision_text(const Note& note, const std::vector<std::string>& rules) {
  std::string text(to_string(note.decision));
  const bool known = note.rule && static_cast<std::size_t>(*note.rule) < rules.size();
  return known ? text + " by " + rules[static_cast<std::size_t>(*note.rule)] : text;
}

std::string verdict_text(const Verdict& verdict) {
  std::string text(to_string(verdict.outcome));
  if (verdict.certain()) return text + " (certain): " + std::string(meaning(verdict.outcome));
  text += " (not certain): ";
  for (std::size_t i = 0; i < verdict.possible.size(); ++i)
    text += (i == 0 ? "" : " or ") + std::string(to_string(verdict.possible[i]));
  return text + " may be running the guest";
}

const StreamTables& tables_of(const Who& who) noexcept {
  static const StreamTables none;
  return who.migration == nullptr ? none : who.migration->tables();
}

}  // namespace mig::proxy
