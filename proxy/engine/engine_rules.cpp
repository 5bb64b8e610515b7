// SPDX-License-Identifier: GPL-2.0-or-later
// Deciding what the rules do to a unit, and laying their frames over it.
#include <algorithm>
#include <array>

#include "mig/fields.hpp"
#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {
namespace {

/// Where several rules act on one unit the log shows the most severe decision.
int severity(Decision decision) {
  constexpr std::array<Decision, 7> order{Decision::forwarded, Decision::delayed,   Decision::duplicated,
                                          Decision::changed,   Decision::truncated, Decision::held,
                                          Decision::dropped};
  const auto found = std::find(order.begin(), order.end(), decision);
  return static_cast<int>(found - order.begin());
}

}  // namespace

/// connection=, migration=, channel= and phase=. Of closing actions channel= says what ends, not where to
/// look.
bool FaultEngine::in_scope(RuleIndex index) const {
  const auto& rule = session_.book().rule(index);
  const auto* m = parser_.migration();
  std::optional<Phase> phase;
  if (m != nullptr) phase = phase_after_plan_ ? phase_after_plan_->phase() : m->phase();
  if (!scope_fits(rule, {parser_.id(), m, phase})) return false;
  return is_close(rule.action) || channel_fits(rule.channel, parser_.kind());
}

void FaultEngine::decide(const Event& event, UnitSet units, Bytes raw) {
  if (stack_.discarding()) return;
  const auto level = event.extent.begins;
  for (std::size_t i = 0; i < session_.book().size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = session_.book().rule(index);
    if ((bit(rule.unit) & units) == 0 || rule.action == Action::inject) continue;
    if (session_.book().exhausted(migration(), index) || !in_scope(index)) continue;
    if (!session_.book().armed(migration(), index) || !unit_fits(rule, event, tables())) continue;
    const bool repairs = in_package_ && may_change_length(rule) && rule.repair;
    if (repairs && !package_repaired_) continue;
    if (sent_before_parsed_ != 0) {
      session_.warn(rule.name + " came too late for a " + std::string(unit_name(event.body)) + " at offset " +
                    std::to_string(event.range.begin) +
                    ": its first bytes had left while the rest did not come");
      continue;
    }
    if (is_taken(index, event)) continue;
    if (!session_.book().fire(migration(), index) || !can_edit(index, event, raw)) continue;
    verdict_.rules.push_back(index);
    rank(index, level);
    const bool own = !is_close(rule.action) || channel_fits(rule.channel, parser_.kind());
    if (own && takes_unit(rule)) verdict_.taken_by = index;
  }
}

bool FaultEngine::acts(Action action) const {
  return std::any_of(verdict_.rules.begin(), verdict_.rules.end(),
                     [&](RuleIndex index) { return session_.book().rule(index).action == action; });
}

/// A rule in front has taken the unit away: this one does not act on it, and says so once.
bool FaultEngine::is_taken(RuleIndex index, const Event& event) {
  if (!verdict_.taken_by) return false;
  if (session_.book().tried(index))
    session_.warn(session_.book().rule(index).name + " has no " + std::string(unit_name(event.body)) +
                  " to act on: " + session_.book().rule(*verdict_.taken_by).name + " takes it away first");
  return true;
}

/// It acted on the unit, and what was sent is the same without it.
void FaultEngine::ineffective(RuleIndex index, const std::string& why) {
  if (session_.book().retract_fire(migration(), index))
    session_.warn(session_.book().rule(index).name + " changed nothing: " + why);
}

/// A rule that wants an edit which this unit has no place for has not acted.
bool FaultEngine::can_edit(RuleIndex index, const Event& event, Bytes raw) {
  const auto& rule = session_.book().rule(index);
  if (rule.action != Action::set && rule.action != Action::flip) return true;
  const auto edit = edit_unit(rule, event, raw, tables());
  if (edit.impossible.empty()) return true;
  if (session_.book().retract_fire(migration(), index))
    session_.warn(rule.name + " changed nothing in a " + std::string(unit_name(event.body)) + " at offset " +
                  std::to_string(event.range.begin) + ": " + edit.impossible);
  return false;
}

void FaultEngine::rank(RuleIndex index, Level level) {
  const auto& rule = session_.book().rule(index);
  const auto decision = is_close(rule.action) && waits(rule) ? Decision::delayed : row(rule.action).decision;
  if (!verdict_.decision || severity(decision) > severity(*verdict_.decision)) {
    verdict_.decision = decision;
    verdict_.rule = index;
  }
  // Of a unit that was duplicated before, the first copy is whole.
  const bool cut_unit = level == Level::unit && rule.action == Action::truncate && !acts(Action::duplicate);
  if (rule.action == Action::drop || rule.action == Action::hold || cut_unit) verdict_.arrives = false;
  constexpr UnitSet once = bit(Unit::configuration) | bit(Unit::footer) | bit(Unit::eof);
  verdict_.garbles = verdict_.garbles || rule.action == Action::truncate ||
                     (rule.action == Action::duplicate && (bit(rule.unit) & once) != 0);
}

/// The first rule acts first: its frame is the innermost.
void FaultEngine::apply(const Event& event, Bytes raw, Level level) {
  std::vector<Frame> frames;
  verdict_.size = size_of(event, raw);
  for (const auto index : verdict_.rules) apply_one(index, event, raw, level, frames);
  if (!verdict_.patches.empty() && verdict_.header.empty()) undo_void_edits(raw);
  held_event_ = verdict_.sent.value_or(event);
  held_readable_ =
      verdict_.readable && !(level == Level::unit && acts(Action::truncate) && !acts(Action::duplicate));
  held_garbles_ = verdict_.garbles;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) stack_.push(std::move(*frame));
}

void FaultEngine::apply_one(RuleIndex index, const Event& event, Bytes raw, Level level,
                            std::vector<Frame>& frames) {
  const auto& rule = session_.book().rule(index);
  Frame frame;
  frame.level = level;
  frame.rule = index;
  frame.decision = row(rule.action).decision;
  frame.by = rule.by.value_or(0);
  switch (rule.action) {
    case Action::delay:
      for (const auto& step : session_.wait_steps(index, migration(), parser_.id())) stack_.step(step);
      return;
    case Action::flip:
    case Action::set: return apply_edit(index, event, raw, std::move(frame), frames);
    case Action::drop: frame.kind = Frame::Kind::discard; break;
    case Action::truncate: apply_truncate(rule, frame); break;
    case Action::hold:
      frame.kind = Frame::Kind::collect;
      frame.then = Frame::Then::hold;
      break;
    case Action::duplicate:
      frame.kind = Frame::Kind::collect;
      frame.then = Frame::Then::duplicate;
      if (verdict_.size) *verdict_.size *= 2;
      break;
    default: return apply_close(index, event, raw, std::move(frame), frames);
  }
  frames.push_back(std::move(frame));
}

void FaultEngine::apply_edit(RuleIndex index, const Event& event, Bytes raw, Frame frame,
                             std::vector<Frame>& frames) {
  const auto& rule = session_.book().rule(index);
  auto edit = edit_unit(rule, verdict_.sent.value_or(event), raw, tables());
  if (edit.body) verdict_.sent = Event{event.range, *edit.body, event.extent};
  verdict_.readable = verdict_.readable && edit.readable;
  verdict_.garbles = verdict_.garbles || edit.garbles;
  if (!edit.header.empty()) {
    if (verdict_.size) *verdict_.size += edit.header.size() - raw.size();
    verdict_.header = std::move(edit.header);
  }
  frame.kind = Frame::Kind::patch;
  if (rule.action == Action::set) overwrite(edit.patches, frames);
  verdict_.patches.insert(verdict_.patches.end(), edit.patches.begin(), edit.patches.end());
  frame.patches = std::move(edit.patches);
  if (!frame.patches.empty()) frames.push_back(std::move(frame));
}

/// Edits that take each other back change nothing of what is read.
void FaultEngine::undo_void_edits(Bytes raw) {
  const bool payload = std::any_of(verdict_.patches.begin(), verdict_.patches.end(),
                                   [&](const BytePatch& patch) { return patch.at >= raw.size(); });
  const auto sent = header_as_sent(raw);
  if (payload || !std::equal(sent.begin(), sent.end(), raw.begin(), raw.end())) return;
  verdict_.readable = true;
  verdict_.garbles = acts(Action::truncate);
  verdict_.sent.reset();
}

/// What the rules in front make of these bytes is not sent.
void FaultEngine::overwrite(const std::vector<BytePatch>& patches, std::vector<Frame>& frames) {
  for (auto& frame : frames) {
    if (frame.kind != Frame::Kind::patch) continue;
    std::erase_if(frame.patches, [&](const BytePatch& earlier) {
      return std::any_of(patches.begin(), patches.end(), [&](const BytePatch& p) {
        return p.at == earlier.at && (earlier.flip || p.value != earlier.value);
      });
    });
    if (frame.patches.empty()) ineffective(*frame.rule, "another rule sets the same bytes");
  }
  std::erase_if(frames, [](const Frame& f) { return f.kind == Frame::Kind::patch && f.patches.empty(); });
}

std::optional<std::uint64_t> FaultEngine::size_of(const Event& event, Bytes raw) const {
  const bool known =
      event.extent.left != Extent::unknown && !(event.extent.begins == Level::package && package_repaired_);
  return known ? std::optional(raw.size() + std::uint64_t{event.extent.left}) : std::nullopt;
}

/// Where the unit's size is known it streams and is cut short of its end; else it waits for its end.
void FaultEngine::apply_truncate(const FaultRule& rule, Frame& frame) {
  if (verdict_.size) {
    frame.kind = Frame::Kind::window;
    frame.keep = *verdict_.size - std::min(*verdict_.size, rule.by.value_or(0));
    verdict_.size = frame.keep;
  } else {
    frame.kind = Frame::Kind::collect;
    frame.then = Frame::Then::truncate;
  }
}

void FaultEngine::apply_close(RuleIndex index, const Event& event, Bytes raw, Frame frame,
                              std::vector<Frame>& frames) {
  const auto& rule = session_.book().rule(index);
  frame.kind = Frame::Kind::window;
  frame.keep = rule.after.value_or(0);
  if (passes_later(rule)) {
    frame.at_cut = session_.wait_steps(index, migration(), parser_.id());
    frame.stop_at_cut = false;
    frames.push_back(std::move(frame));
    return;
  }
  const bool own = channel_fits(rule.channel, parser_.kind());
  const bool all = rule.channel == ChannelChoice::all;
  const bool header_arrives = frame.level != Level::unit && frame.keep >= raw.size();
  Note note{event, parser_.id(), direction_, Decision::closed, index, !own || header_arrives, 0};
  if (rule.channel && !all)
    note.trigger = session_.defer(parser_.id(), {{index, Reaction::Kind::close_others}});
  verdict_.notes_itself = true;
  verdict_.arrives = verdict_.arrives && note.observed;
  frame.at_cut.emplace_back(note);
  if (own) frame.at_cut.emplace_back(Close{close_how(rule.action), all});
  frame.stop_at_cut = own;
  frames.push_back(std::move(frame));
}

// ---- packages whose length may change

bool FaultEngine::edits_packages(RuleIndex index) {
  const auto& rule = session_.book().rule(index);
  if (!row(rule.unit).in_package || !may_change_length(rule) || !rule.repair) return false;
  if (session_.book().exhausted(migration(), index)) return false;
  return scope_fits(rule, {.connection = parser_.id(), .migration = migration()}) &&
         channel_fits(rule.channel, parser_.kind());
}

/// Keeps the package back if a rule may change the length of something in it.
void FaultEngine::plan_package(const Event& event) {
  package_repaired_ = false;
  if (unreadable_ || sent_before_parsed_ != 0 || stack_.discarding()) return;
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
  Frame frame;
  frame.kind = Frame::Kind::collect;
  frame.level = Level::package;
  frame.then = Frame::Then::repair_length;
  frame.length_at = length->wire.offset;
  frame.header = raw.size();
  stack_.push(std::move(frame));
}

// ---- rules about the connection and its bytes

/// Called when the channel is known, before the connection's first event.
void FaultEngine::start_connection_rules() {
  started_ = true;
  if (direction_ != Direction::forward) return;
  for (std::size_t i = 0; i < session_.book().size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = session_.book().rule(index);
    if (rule.unit == Unit::bytes && rule.action == Action::flip) {
      if (!in_scope(index) || !session_.book().armed(migration(), index)) continue;
      Frame frame;
      frame.rule = index;
      frame.asks = true;
      for (std::size_t n = 0; n < rule.mask.size(); ++n)
        frame.patches.push_back({rule.at.value_or(0) + n, rule.mask[n], true});
      stack_.push_under(std::move(frame));
    }
    const bool cuts = rule.unit == Unit::connection && is_close(rule.action) && !rule.on && !rule.phase;
    const bool later = rule.after || rule.channel || rule.migration;
    if (cuts && later && in_scope(index) && channel_fits(rule.channel, parser_.kind())) lay_cut(index);
  }
}

void FaultEngine::lay_cut(RuleIndex index) {
  const auto& rule = session_.book().rule(index);
  Frame frame;
  frame.kind = Frame::Kind::window;
  frame.rule = index;
  frame.decision = Decision::closed;
  frame.keep = rule.after.value_or(0);
  frame.asks = true;
  if (passes_later(rule)) {
    frame.at_cut = session_.wait_steps(index, migration(), parser_.id());
    frame.stop_at_cut = false;
  } else {
    frame.at_cut.emplace_back(Close{close_how(rule.action), rule.channel == ChannelChoice::all});
  }
  stack_.push_under(std::move(frame));
}

void FaultEngine::update_throttle(OutputPlan& plan) {
  if (direction_ != Direction::forward) return;
  if (throttled_by_) {
    const bool over = (throttle_end_ && session_.released(*throttle_end_)) || !in_scope(*throttled_by_);
    if (!over) return;
    throttles_done_.push_back(*throttled_by_);
    throttled_by_.reset();
    plan.add(Throttle{0});
  }
  for (std::size_t i = 0; i < session_.book().size() && !throttled_by_; ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = session_.book().rule(index);
    if (rule.action != Action::throttle || stack_.sent() < rule.after.value_or(0)) continue;
    if (std::find(throttles_done_.begin(), throttles_done_.end(), index) != throttles_done_.end()) continue;
    if (!in_scope(index) || !session_.book().armed(migration(), index)) continue;
    // One throttle for all connections of the migration: it counts on the first of them.
    if (!session_.book().exhausted(migration(), index) && !session_.book().fire(migration(), index)) continue;
    throttled_by_ = index;
    plan.add(Throttle{rule.by.value_or(0)});
    if (!waits(rule)) continue;
    throttle_end_ = session_.new_hold(index, migration(), parser_.id(), nullptr);
    if (rule.duration != Duration{}) plan.add(StartTimer{*throttle_end_, rule.duration});
  }
}

}  // namespace mig::proxy
