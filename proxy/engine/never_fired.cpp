// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/never_fired.hpp"

#include <numeric>

#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_values.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {
namespace {

/// "value=0x42,block=pc.ram"
class Keys {
 public:
  void add(Key key, const std::string& value) {
    text_ += (text_.empty() ? "" : ",") + std::string(row(key).word) + "=" + value;
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

std::string field_keys(const FaultRule& rule) {
  Keys keys;
  if (rule.value) keys.add(Key::value, print_hex(*rule.value));
  if (!rule.unit_name.empty()) keys.add(Key::name, rule.unit_name);
  if (rule.instance) keys.add(Key::instance, std::to_string(*rule.instance));
  if (!rule.block.empty()) keys.add(Key::block, rule.block);
  if (rule.offset) keys.add(Key::offset, print_hex(*rule.offset));
  return std::move(keys).take();
}

std::string scope_keys(const FaultRule& rule) {
  Keys keys;
  if (rule.channel && !rule.action->ends) keys.add(Key::channel, std::string(to_string(*rule.channel)));
  if (rule.connection) keys.add(Key::connection, std::to_string(*rule.connection));
  if (rule.migration) keys.add(Key::migration, std::to_string(*rule.migration));
  if (rule.phase) keys.add(Key::phase, std::string(mig::to_string(*rule.phase)));
  return std::move(keys).take();
}

/// "1 pong", "5 pongs"
std::string counted(std::uint64_t count, Unit unit) {
  return std::to_string(count) + " " + std::string(row(unit).word) + (count == 1 ? "" : "s");
}

std::string without_unit(const FaultRule& rule) {
  if (rule.on) return "on=" + print_trigger(*rule.on) + " never came";
  const auto scope = scope_keys(rule);
  return scope.empty() ? "" : "nothing was seen with " + scope;
}

}  // namespace

std::string why_never_fired(const RuleBook& book, RuleIndex index) {
  using Miss = RuleBook::Miss;
  const auto& rule = book.rule(index);
  if (book.fired(index) != 0 || book.ineffective(index) != 0) return {};
  if ((row(rule.unit).traits & trait::in_stream) == 0 || rule.action->injects) return without_unit(rule);
  const auto& missed = book.missed(index);
  const auto of = [&](Miss why) { return missed[static_cast<std::size_t>(why)]; };
  const auto all = std::accumulate(missed.begin(), missed.end(), std::uint64_t{0});
  if (all == 0) return "no " + std::string(row(rule.unit).word) + " was seen";
  // What came nearest says most.
  const auto let = [](std::uint64_t count) { return count == 1 ? " let it pass" : " let them pass"; };
  if (of(Miss::chance) != 0)
    return counted(of(Miss::chance), rule.unit) + " fitted, and chance=" + let(of(Miss::chance));
  if (of(Miss::skipped) != 0)
    return counted(of(Miss::skipped), rule.unit) + " fitted, and skip=" + std::to_string(rule.skip) +
           let(of(Miss::skipped));
  const auto passed = counted(all, rule.unit) + " passed, none ";
  if (of(Miss::fields) != 0) return passed + "with " + field_keys(rule);
  if (of(Miss::not_armed) != 0) return passed + "after on=" + print_trigger(*rule.on);
  return passed + "with " + scope_keys(rule);
}

}  // namespace mig::proxy
