// SPDX-License-Identifier: GPL-2.0-or-later
// Inside parse_rule(): one rule being read.
#pragma once
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {

/// Where a key stood in the text, for the caret.
struct Span {
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// Reads one rule. The text outlives it.
class RuleParser {
 public:
  explicit RuleParser(std::string_view text) : text_(text) {}
  [[nodiscard]] RuleResult parse();

 private:
  bool read_action_and_unit(std::string_view head);
  bool read_unit(Span span);
  bool refuse_pair(const std::string& word, ActionSet actions);
  bool read_key(Span span);
  bool assign(Key key, std::string_view value, Span at);
  bool assign_match(Key key, std::string_view value, Span at);
  bool assign_when(Key key, std::string_view value, Span at);
  bool assign_how(Key key, std::string_view value, Span at);
  bool check_combination();
  bool check_waits();
  bool check_edit();
  bool check_field();
  bool check_rest();
  bool check_command_name();

  template <class T>
  bool take(std::optional<T> parsed, std::optional<T>& into, Span at, std::string_view wanted);
  bool take_trigger(std::string_view value, std::optional<Trigger>& into, Span at);
  bool take_count(std::string_view value, std::optional<std::uint32_t>& into, Span at, std::uint32_t least);
  bool refuse(Span at, std::string message, std::string hint = {});
  bool refuse_word(Span at, std::string_view kind, std::string_view word,
                   const std::vector<std::string_view>& known);
  [[nodiscard]] std::string_view at(Span span) const { return text_.substr(span.begin, span.size); }
  [[nodiscard]] bool has(Key key) const { return (seen_ & bit(key)) != 0; }
  [[nodiscard]] Span where(Key key) const { return spans_[static_cast<std::size_t>(key)]; }
  [[nodiscard]] std::string rule_head() const;

  std::string_view text_;
  FaultRule rule_;
  RuleError error_;
  Span head_, action_, unit_;
  KeySet seen_ = 0;
  std::array<Span, 23> spans_{};
};

}  // namespace mig::proxy
