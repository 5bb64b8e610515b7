// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rules/rule_parser.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/suggestion.hpp"
#include "proxy/rules/rule_values.hpp"

namespace mig::proxy {
namespace {

std::string quoted(std::string_view word) { return "\"" + std::string(word) + "\""; }

template <class Rows>
std::vector<std::string_view> words(const Rows& rows) {
  std::vector<std::string_view> list;
  for (const auto& row : rows) list.push_back(row.word);
  return list;
}

/// The words of the rows that `fits` says yes to.
template <class Rows, class Fits>
std::string listed(const Rows& rows, Fits fits) {
  std::string list;
  for (const auto& row : rows)
    if (fits(row)) list += (list.empty() ? "" : ", ") + std::string(row.word);
  return list;
}

std::vector<std::string_view> allowed_words(KeySet allowed) {
  std::vector<std::string_view> list;
  for (std::size_t i = 0; i < key_rows().size(); ++i)
    if ((allowed & bit(static_cast<Key>(i))) != 0) list.push_back(key_rows()[i].word);
  return list;
}

}  // namespace

bool RuleParser::reject(Span at, std::string message, std::string hint) {
  error_ = {std::move(message), std::string(text_),
            at.begin,           std::max<std::size_t>(at.size, 1),
            std::move(hint),    0};
  return false;
}

bool RuleParser::reject_word(Span at, std::string_view kind, std::string_view word,
                             const std::vector<std::string_view>& known) {
  const auto meant = nearest(word, known);
  return reject(at, "unknown " + std::string(kind) + " " + quoted(word) + " in rule",
                meant.empty() ? std::string{} : "did you mean " + quoted(meant) + "?");
}

RuleResult RuleParser::parse() {
  const auto trimmed = text_.find_first_not_of(" \t\r\n");
  if (trimmed == std::string_view::npos) {
    reject({0, 1}, "empty rule", "a rule is ACTION-UNIT[,key=value]..., such as drop-pong");
    return error_;
  }
  text_ = text_.substr(trimmed, text_.find_last_not_of(" \t\r\n") + 1 - trimmed);
  rule_.name = text_;
  const auto control = std::ranges::find_if(text_, is_control_character);
  if (control != text_.end()) {
    reject(Span{static_cast<std::size_t>(control - text_.begin()), 1}, "control character in a rule");
    return error_;
  }
  std::size_t begin = 0;
  bool good = true;
  for (bool first = true; good && begin <= text_.size(); first = false) {
    const auto end = std::min(text_.find(',', begin), text_.size());
    good = first ? read_action_and_unit(text_.substr(0, end)) : read_key({begin, end - begin});
    begin = end + 1;
  }
  if (!good || !check()) return error_;
  return rule_;
}

bool RuleParser::read_action_and_unit(std::string_view head) {
  head_ = {0, head.size()};
  const Action* found = nullptr;
  for (const auto* candidate : actions()) {
    const bool fits = head.starts_with(candidate->word) &&
                      (head.size() == candidate->word.size() || head[candidate->word.size()] == '-');
    if (fits && (found == nullptr || candidate->word.size() > found->word.size())) found = candidate;
  }
  if (found == nullptr) {
    std::vector<std::string_view> known;
    for (const auto* action : actions()) known.push_back(action->word);
    const auto word = head.substr(0, head.find('-'));
    return reject_word({0, word.size()}, "action", word, known);
  }
  rule_.action = found;
  action_ = {0, found->word.size()};
  if (head.size() <= action_.size + 1)
    return reject({head.size(), 1}, "no unit behind the action in rule",
                  "such as " + std::string(found->word) + "-pong");
  return read_unit({action_.size + 1, head.size() - action_.size - 1});
}

bool RuleParser::read_unit(Span span) {
  unit_ = span;
  const auto unit = find_unit(at(span));
  if (!unit) return reject_word(span, "unit", at(span), words(unit_rows()));
  rule_.unit = *unit;
  return goes_with(*rule_.action, *unit) || reject_pair(row(*unit));
}

/// An action and a unit that do not go together: why, or what would.
bool RuleParser::reject_pair(const UnitRow& unit) {
  const std::string word(unit.word);
  const bool moves = rule_.action->on & trait::overtakable;
  if (moves && (unit.traits & trait::in_stream) != 0)
    return reject("cannot " + std::string(rule_.action->word) + " " + with_article(word) +
                      ": what overtakes it would be no valid stream",
                  "use delay-" + word + ", which stops all that follows too");
  std::string hint;
  if (rule_.action->on == trait::whole_stream) {
    hint = "use " + std::string(rule_.action->word) + "-bytes";
  } else if (rule_.action->halts && unit.traits == trait::whole_connection) {
    hint = "use hold-" + word;
  } else if (rule_.action->injects) {
    hint = "what can be injected: " +
           listed(unit_rows(), [](const UnitRow& row) { return (row.traits & trait::injectable) != 0; });
  } else {
    std::string list;
    for (const auto* action : actions())
      if ((action->on & unit.traits) != 0) list += (list.empty() ? "" : ", ") + std::string(action->word);
    hint = "what goes with it: " + list;
  }
  return reject("cannot " + std::string(rule_.action->word) + " " + with_article(word), hint);
}

bool RuleParser::read_key(Span span) {
  const auto pair = at(span);
  const auto equals = pair.find('=');
  const auto word = pair.substr(0, equals);
  const Span word_span{span.begin, word.size()};
  const auto key = find_key(word);
  const auto allowed = allowed_keys(*rule_.action, rule_.unit);
  if (!key) return reject_word(word_span, "key", word, allowed_words(allowed));
  if ((allowed & bit(*key)) == 0)
    return reject(word_span, "key " + quoted(word) + " has no meaning in " + head());
  if (equals == std::string_view::npos)
    return reject({span.begin + word.size(), 1}, "key " + quoted(word) + " without a value in rule",
                  std::string(word) + "=" + std::string(row(*key).form));
  if (has(*key)) return reject(word_span, "key " + quoted(word) + " given twice in rule");
  seen_ |= bit(*key);
  spans_[static_cast<std::size_t>(*key)] = {span.begin + equals + 1, pair.size() - equals - 1};
  return assign(*key, pair.substr(equals + 1), where(*key));
}

template <class T>
bool RuleParser::take(std::optional<T> parsed, std::optional<T>& into, Span at_value,
                      std::string_view wanted) {
  if (!parsed)
    return reject(at_value, "bad value " + quoted(at(at_value)) + " in rule",
                  "wanted " + std::string(wanted));
  into = std::move(parsed);
  return true;
}

/// SIGUSR1, SIGUSR2 or UNIT[:VALUE].
bool RuleParser::take_trigger(std::string_view value, std::optional<Trigger>& into, Span at_value) {
  const auto word = value.substr(0, value.find(':'));
  into = parse_trigger(value);
  auto known = words(unit_rows());
  const bool unit = std::find(known.begin(), known.end(), word) != known.end();
  known.insert(known.end(), {"SIGUSR1", "SIGUSR2"});
  if (!into && !unit && !nearest(word, known).empty())
    return reject_word({at_value.begin, word.size()}, "unit or signal", word, known);
  return take(into, into, at_value, "SIGUSR1, SIGUSR2 or a unit such as shut or pong:0x42");
}

bool RuleParser::take_count(std::string_view value, std::optional<std::uint32_t>& into, Span at_value,
                            std::uint32_t minimum) {
  const auto number = parse_number(value);
  if (!number || *number < minimum || *number > std::numeric_limits<std::uint32_t>::max())
    return reject(at_value, "bad value " + quoted(value) + " in rule",
                  minimum == 0 ? "wanted a number" : "wanted a number from 1");
  into = static_cast<std::uint32_t>(*number);
  return true;
}

bool RuleParser::assign(Key key, std::string_view value, Span at_value) {
  if (value.empty()) return reject(at_value, "empty value in rule", "wanted " + std::string(row(key).form));
  if (key <= Key::migration) return assign_match(key, value, at_value);
  if (key <= Key::phase) return assign_when(key, value, at_value);
  return assign_how(key, value, at_value);
}

bool RuleParser::assign_match(Key key, std::string_view value, Span at_value) {
  switch (key) {
    case Key::value:
      if (value == "any" && !rule_.action->injects) return true;
      return take(parse_number(value), rule_.value, at_value, "a number, decimal or 0x, or any");
    case Key::name: rule_.unit_name = value; return true;
    case Key::instance: return take_count(value, rule_.instance, at_value, 0);
    case Key::block: rule_.block = value; return true;
    case Key::offset:
      return take(parse_size(value), rule_.offset, at_value, "a size such as 0x3000 or 64KiB");
    case Key::channel:
      rule_.channel = find_channel(value);
      if (rule_.channel) return true;
      return reject_word(at_value, "channel", value, {"main", "multifd", "preempt", "tls", "all"});
    case Key::connection: return take_count(value, rule_.connection, at_value, 1);
    default: return take_count(value, rule_.migration, at_value, 1);
  }
}

bool RuleParser::assign_when(Key key, std::string_view value, Span at_value) {
  std::optional<std::uint32_t> count;
  switch (key) {
    case Key::skip:
      if (!take_count(value, count, at_value, 0)) return false;
      rule_.skip = *count;
      return true;
    case Key::times:
      if (value != "all" && !take_count(value, count, at_value, 1)) return false;
      rule_.times = count.value_or(0);
      return true;
    case Key::chance: return take(parse_chance(value), rule_.chance, at_value, "a number above 0, up to 1");
    case Key::on: return take_trigger(value, rule_.on, at_value);
    default: break;
  }
  rule_.phase = find_phase(value);
  if (rule_.phase) return true;
  std::vector<std::string_view> phases;
  for (auto i = 0; i <= static_cast<int>(Phase::failed); ++i)
    phases.push_back(mig::to_string(static_cast<Phase>(i)));
  return reject_word(at_value, "phase", value, phases);
}

bool RuleParser::assign_how(Key key, std::string_view value, Span at_value) {
  std::optional<Duration> time;
  switch (key) {
    case Key::at: return take(parse_size(value), rule_.at, at_value, "a size such as 17 or 64KiB");
    case Key::after: return take(parse_size(value), rule_.after, at_value, "a size such as 13 or 1MiB");
    case Key::field: rule_.field = value; return true;
    case Key::to: rule_.to = value; return true;
    case Key::by:
      if (rule_.action->by_is_rate)
        return take(parse_rate(value), rule_.amount, at_value, "a rate such as 8MiB/s");
      return take(parse_size(value), rule_.amount, at_value, "a size such as 1 or 64KiB");
    case Key::mask: {
      auto mask = parse_byte_string(value);
      if (!mask)
        return reject(at_value, "bad value " + quoted(value) + " in rule", "wanted bits such as 0x01");
      rule_.mask = std::move(*mask);
      return true;
    }
    case Key::until: return take_trigger(value, rule_.until, at_value);
    case Key::repair:
      if (value != "yes" && value != "no")
        return reject(at_value, "bad value " + quoted(value) + " in rule", "wanted yes or no");
      rule_.repair = value == "yes";
      return true;
    default: break;
  }
  if (!take(parse_duration(value), time, at_value, "a duration such as 5s, 250ms or 100us")) return false;
  (key == Key::jitter ? rule_.jitter : rule_.duration) = *time;
  return true;
}

RuleResult parse_rule(std::string_view text) { return RuleParser(text).parse(); }

RulesResult parse_rules_file(std::string_view text) {
  std::vector<FaultRule> rules;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto content = text.substr(0, std::min(text.find('#'), end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto result = parse_rule(content);
    if (auto* error = std::get_if<RuleError>(&result)) {
      error->line = line;
      return std::move(*error);
    }
    rules.push_back(std::get<FaultRule>(std::move(result)));
  }
  return rules;
}

}  // namespace mig::proxy
