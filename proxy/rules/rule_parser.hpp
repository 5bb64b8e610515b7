// SPDX-License-Identifier: GPL-2.0-or-later
// Inside parse_rule(): one rule being read.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/rules/action.hpp"

namespace mig::proxy {

/// Where a key is in the text, for the caret.
struct Span {
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// Reads one rule. The text outlives it.
class RuleParser {
 public:
  explicit RuleParser(std::string_view text) : text_(text) {}
  [[nodiscard]] RuleResult parse();

  // ---- for the checks of actions, when all keys have been read

  [[nodiscard]] FaultRule& rule() noexcept { return rule_; }
  [[nodiscard]] bool has(Key key) const { return (seen_ & bit(key)) != 0; }
  /// The text of its value.
  [[nodiscard]] std::string_view text(Key key) const { return at(where(key)); }
  /// ACTION-UNIT.
  [[nodiscard]] std::string head() const { return std::string(at(head_)); }
  /// The rule cannot work: false. The caret is at the key's value, or at the head.
  bool reject(Key key, std::string message, std::string hint = {}) {
    return reject(where(key), std::move(message), std::move(hint));
  }
  bool reject(std::string message, std::string hint = {}) {
    return reject(head_, std::move(message), std::move(hint));
  }
  /// The key's value is not one of the known words; the nearest is suggested.
  bool reject_word(Key key, std::string_view kind, const std::vector<std::string_view>& known) {
    return reject_word(where(key), kind, text(key), known);
  }

 private:
  bool read_action_and_unit(std::string_view head);
  bool read_unit(Span span);
  bool reject_pair(const UnitRow& unit);
  bool read_key(Span span);
  bool assign(Key key, std::string_view value, Span at);
  bool assign_match(Key key, std::string_view value, Span at);
  bool assign_when(Key key, std::string_view value, Span at);
  bool assign_how(Key key, std::string_view value, Span at);
  bool check();
  bool check_waits();
  bool check_command_name();

  template <class T>
  bool take(std::optional<T> parsed, std::optional<T>& into, Span at, std::string_view wanted);
  bool take_trigger(std::string_view value, std::optional<Trigger>& into, Span at);
  bool take_count(std::string_view value, std::optional<std::uint32_t>& into, Span at, std::uint32_t minimum);
  bool reject(Span at, std::string message, std::string hint = {});
  bool reject_word(Span at, std::string_view kind, std::string_view word,
                   const std::vector<std::string_view>& known);
  [[nodiscard]] std::string_view at(Span span) const { return text_.substr(span.begin, span.size); }
  [[nodiscard]] Span where(Key key) const { return spans_[static_cast<std::size_t>(key)]; }

  std::string_view text_;
  FaultRule rule_;
  RuleError error_;
  Span head_, action_, unit_;
  KeySet seen_ = 0;
  std::array<Span, 23> spans_{};
};

}  // namespace mig::proxy
