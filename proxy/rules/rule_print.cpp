// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_values.hpp"

namespace mig::proxy {
namespace {

class RuleText {
 public:
  explicit RuleText(const FaultRule& rule)
      : text_(std::string(rule.action->word) + "-" + std::string(row(rule.unit).word)) {}

  void add(Key key, std::string_view value) {
    text_ += ",";
    text_ += row(key).word;
    text_ += "=";
    text_ += value;
  }
  void add_text(Key key, const std::string& value) {
    if (!value.empty()) add(key, value);
  }
  void add_trigger(Key key, const std::optional<Trigger>& trigger) {
    if (trigger) add(key, print_trigger(*trigger));
  }
  template <class T>
  void add_number(Key key, const std::optional<T>& number) {
    if (number) add(key, std::to_string(*number));
  }
  void add_hex(Key key, const std::optional<std::uint64_t>& number) {
    if (number) add(key, print_hex(*number));
  }
  void add_size(Key key, const std::optional<std::uint64_t>& size) {
    if (size) add(key, print_size(*size));
  }
  void add_duration(Key key, Duration duration) {
    if (duration != Duration{}) add(key, print_duration(duration));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_match(RuleText& text, const FaultRule& rule) {
  text.add_hex(Key::value, rule.value);
  if (rule.unit == Unit::pong && !rule.value) text.add(Key::value, "any");
  text.add_text(Key::name, rule.unit_name);
  text.add_number(Key::instance, rule.instance);
  text.add_text(Key::block, rule.block);
  text.add_hex(Key::offset, rule.offset);
  if (rule.channel) text.add(Key::channel, to_string(*rule.channel));
  text.add_number(Key::connection, rule.connection);
  text.add_number(Key::migration, rule.migration);
}

void add_when(RuleText& text, const FaultRule& rule) {
  if (rule.skip != 0) text.add(Key::skip, std::to_string(rule.skip));
  if (rule.times != 1) text.add(Key::times, rule.times == 0 ? "all" : std::to_string(rule.times));
  if (rule.chance) text.add(Key::chance, print_chance(*rule.chance));
  text.add_trigger(Key::on, rule.on);
  if (rule.phase) text.add(Key::phase, mig::to_string(*rule.phase));
}

void add_how(RuleText& text, const FaultRule& rule) {
  text.add_text(Key::field, rule.field);
  text.add_size(Key::at, rule.at);
  if (!rule.mask.empty()) text.add(Key::mask, print_byte_string(rule.mask));
  text.add_text(Key::to, rule.to);
  if (rule.amount) text.add(Key::by, print_size(*rule.amount) + (rule.action->by_is_rate ? "/s" : ""));
  const bool needs_duration = rule.jitter != Duration{} || (rule.action->needs_wait && !rule.until);
  if (rule.duration != Duration{} || needs_duration) text.add(Key::duration, print_duration(rule.duration));
  text.add_duration(Key::jitter, rule.jitter);
  text.add_trigger(Key::until, rule.until);
  text.add_size(Key::after, rule.after);
  if (!rule.repair) text.add(Key::repair, "no");
}

/// A terminal obeys control characters. One for one, so that the caret is below what it means.
std::string for_terminal(std::string text) {
  std::ranges::replace_if(text, is_control_character, '?');
  return text;
}

}  // namespace

std::string print_rule(const FaultRule& rule) {
  RuleText text(rule);
  add_match(text, rule);
  add_when(text, rule);
  add_how(text, rule);
  return text.take();
}

std::string print_in_full(const FaultRule& rule) {
  return print_rule(rule) + (rule.times == 1 ? ",times=1" : "");
}

std::string to_string(const RuleError& error) {
  std::string text = error.line == 0 ? "" : "line " + std::to_string(error.line) + ": ";
  text += for_terminal(error.message) + "\n  " + for_terminal(error.rule) + "\n  " +
          std::string(error.column, ' ') + "^" + std::string(error.width - 1, '~');
  if (!error.hint.empty()) text += " " + for_terminal(error.hint);
  return text;
}

bool needs_seed(const FaultRule& rule) noexcept {
  return rule.chance.has_value() || rule.jitter != Duration{};
}

}  // namespace mig::proxy
