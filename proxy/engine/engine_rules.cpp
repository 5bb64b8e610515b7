// SPDX-License-Identifier: GPL-2.0-or-later
// Deciding what the rules do to a unit, and laying their filters over it.
#include <algorithm>
#include <array>

#include "mig/fields.hpp"
#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

/// If several rules act on one unit the log shows the most severe decision.
int severity(Decision decision) {
  constexpr std::array<Decision, 7> order{Decision::forwarded, Decision::delayed,   Decision::duplicated,
                                          Decision::changed,   Decision::truncated, Decision::held,
                                          Decision::dropped};
  const auto found = std::find(order.begin(), order.end(), decision);
  return static_cast<int>(found - order.begin());
}

/// A closing that lets pass later what it stops is a delay.
Decision decision_of(const FaultRule& rule) {
  return rule.action->ends && waits(rule) ? Decision::delayed : rule.action->decision;
}

/// The note of a package whose length was put right shows the length that is sent.
void set_length(Step& step, std::uint32_t length) {
  auto* note = std::get_if<Note>(&step);
  if (note == nullptr) return;
  if (auto* begin = std::get_if<PackageBegin>(&note->event.body)) begin->length = length;
  if (auto* end = std::get_if<PackageEnd>(&note->event.body)) end->length = length;
}

/// Keeps a package whole and puts its length right.
class LengthRepair final : public Collector {
 public:
  /// `length_at`: of the be32 in the header; `header`: bytes that it does not count.
  LengthRepair(ActionHost& host, std::size_t length_at, std::size_t header)
      : Collector(host, std::nullopt), length_at_(length_at), header_(header) {}

 private:
  void complete(const Next& /*next*/) override {
    // If the connection ends inside the package its length is what it would have been.
    if (std::any_of(steps_.begin(), steps_.end(),
                    [](const auto& entry) { return std::holds_alternative<Close>(entry.second); }))
      return;
    const auto length = collected_.size() - header_;
    for (std::size_t i = 0; i < 4; ++i)
      collected_[length_at_ + i] = static_cast<std::byte>(length >> (24 - 8 * i) & 0xff);
    for (auto& entry : steps_) set_length(entry.second, static_cast<std::uint32_t>(length));
  }

  std::size_t length_at_;
  std::size_t header_;
};

}  // namespace

Acting FaultEngine::acting(RuleIndex index, const Event& event, Bytes raw) {
  static const StreamTables nothing_named;
  const auto& names = migration() == nullptr ? nothing_named : tables();
  return {*this, index, session_.book().rule(index), event, raw, names, outcome_, laid_};
}

RuleBook::Miss FaultEngine::miss_of(const FaultRule& rule, RuleIndex index, const Event& event) {
  if (!in_scope(index)) return RuleBook::Miss::scope;
  if (!armed(index)) return RuleBook::Miss::not_armed;
  return unit_fits(rule, event, tables()) ? RuleBook::Miss::none : RuleBook::Miss::fields;
}

bool FaultEngine::fits(RuleIndex index, const Event& event, UnitSet units) {
  auto& book = session_.book();
  const auto& rule = book.rule(index);
  if ((bit(rule.unit) & units) == 0 || rule.action->injects) return false;
  if (is_exhausted(index)) return false;
  if (const auto miss = miss_of(rule, index, event); miss != RuleBook::Miss::none) {
    book.missed(index, miss);
    return false;
  }
  // In a package that was too long to be kept whole nothing can change its length.
  if (in_package_ && !package_repaired_ && rule.repair && may_change_length(rule)) return false;
  if (sent_before_parsed_ == 0) return true;
  session_.warn(rule.name + " came too late for a " + std::string(unit_name(event.body)) + " at offset " +
                std::to_string(event.range.begin) +
                ": its first bytes were sent while the rest did not come");
  return false;
}

void FaultEngine::decide(const Event& event, UnitSet units, Bytes raw) {
  if (filters_.discarding()) return;
  for (std::size_t i = 0; i < session_.book().size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    if (!fits(index, event, units) || is_taken(index, event) || !fire(index)) continue;
    auto one = acting(index, event, raw);
    if (can_act(one)) judge(one);
  }
}

/// A rule in front has taken the unit away: this one does not act on it, and that is reported once.
bool FaultEngine::is_taken(RuleIndex index, const Event& event) {
  if (!outcome_.taken_by) return false;
  if (session_.book().tried(index))
    session_.warn(session_.book().rule(index).name + " has no " + std::string(unit_name(event.body)) +
                  " to act on: " + session_.book().rule(*outcome_.taken_by).name + " takes it away first");
  return true;
}

/// A rule that wants what this unit has no place for has not acted.
bool FaultEngine::can_act(Acting& acting) {
  const auto obstacle = acting.rule.action->obstacle;
  const auto why = obstacle == nullptr ? std::string() : obstacle(acting);
  if (why.empty()) return true;
  if (session_.book().retract_fire(migration(), acting.index))
    session_.warn(acting.rule.name + " changed nothing in a " + std::string(unit_name(acting.event.body)) +
                  " at offset " + std::to_string(acting.event.range.begin) + ": " + why);
  return false;
}

void FaultEngine::judge(Acting& acting) {
  const auto& action = *acting.rule.action;
  outcome_.rules.push_back(acting.index);
  const auto decision = decision_of(acting.rule);
  if (!outcome_.decision || severity(decision) > severity(*outcome_.decision)) {
    outcome_.decision = decision;
    outcome_.rule = acting.index;
  }
  if (action.judge != nullptr) action.judge(acting);
  const bool own = !action.ends || on_its_channel(acting.index);
  if (own && takes_unit(acting.rule)) outcome_.taken_by = acting.index;
}

void FaultEngine::apply(const Event& event, Bytes raw) {
  laid_.clear();
  outcome_.size = size_of(event, raw);
  for (const auto index : outcome_.rules) {
    auto one = acting(index, event, raw);
    one.rule.action->act(one);
  }
  if (!outcome_.patches.empty() && outcome_.header.empty()) undo_void_edits(raw);
  held_unit_ = Insertion{outcome_.sent.value_or(event),
                         {},
                         {},
                         Decision::released,
                         outcome_.readable && !outcome_.cut_short,
                         outcome_.garbles || outcome_.edit_garbles};
  for (auto filter = laid_.rbegin(); filter != laid_.rend(); ++filter)
    filters_.push(std::move(*filter), event.extent.begins);
}

/// Edits that take each other back change nothing of what is read.
void FaultEngine::undo_void_edits(Bytes raw) {
  const bool payload = std::any_of(outcome_.patches.begin(), outcome_.patches.end(),
                                   [&](const BytePatch& patch) { return patch.at >= raw.size(); });
  const auto sent = header_as_sent(raw);
  if (payload || !std::equal(sent.begin(), sent.end(), raw.begin(), raw.end())) return;
  outcome_.readable = true;
  outcome_.edit_garbles = false;
  outcome_.sent.reset();
}

std::optional<std::uint64_t> FaultEngine::size_of(const Event& event, Bytes raw) const {
  const bool known =
      event.extent.left != Extent::unknown && !(event.extent.begins == Level::package && package_repaired_);
  return known ? std::optional(raw.size() + std::uint64_t{event.extent.left}) : std::nullopt;
}

// ---- packages whose length may change

bool FaultEngine::edits_packages(RuleIndex index) {
  const auto& rule = session_.book().rule(index);
  if (!row(rule.unit).in_package || !may_change_length(rule) || !rule.repair) return false;
  if (is_exhausted(index)) return false;
  return scope_fits(rule, {.connection = parser_.id(), .migration = migration()}) && on_its_channel(index);
}

/// Keeps the package back if a rule may change the length of something in it.
void FaultEngine::plan_package(const Event& event) {
  package_repaired_ = false;
  if (unreadable_ || sent_before_parsed_ != 0 || filters_.discarding()) return;
  const auto length = std::get<PackageBegin>(event.body).length;
  for (std::size_t i = 0; i < session_.book().size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    if (!edits_packages(index)) continue;
    if (length <= limit_) {
      package_repaired_ = true;
      return;
    }
    session_.warn(session_.book().rule(index).name + " is off: the package of " + std::to_string(length) +
                  " bytes is too long to be kept whole");
    session_.book().switch_off(
        index, "package of " + std::to_string(length) + " bytes is too long to be kept whole");
  }
}

void FaultEngine::lay_repair(const Event& event, Bytes raw) {
  const auto fields = fields_of(event, tables());
  const auto* length = fields.find("length");
  if (length == nullptr) return;
  ActionHost& host = *this;
  filters_.push(std::make_unique<LengthRepair>(host, length->wire.offset, raw.size()), Level::package);
}

/// Called when the channel is known, before the connection's first event.
void FaultEngine::start_connection_rules(const Event& event) {
  started_ = true;
  for (std::size_t i = 0; i < session_.book().size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = session_.book().rule(index);
    const bool of_connection = (row(rule.unit).traits & trait::in_stream) == 0;
    if (!of_connection || rule.action->start == nullptr || row(rule.unit).direction != direction_) continue;
    laid_.clear();
    auto one = acting(index, event, {});
    rule.action->start(one);
    for (auto& filter : laid_) filters_.push_under(std::move(filter));
  }
}

}  // namespace mig::proxy
