// SPDX-License-Identifier: GPL-2.0-or-later
// The course of one direction: where units begin and end, what is sent untouched, what is noted.
#include "proxy/engine/fault_engine.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mig/encode.hpp"
#include "mig/fields.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

bool is_paged(const EventBody& body) {
  return std::holds_alternative<PageRecord>(body) || std::holds_alternative<MultifdPacket>(body) ||
         std::holds_alternative<MultifdDeviceState>(body);
}

std::size_t count_slot(const EventBody& body) {
  constexpr auto kinds = std::variant_size_v<EventBody>;
  if (const auto* command = std::get_if<Command>(&body))
    return kinds + 1 + static_cast<std::size_t>(command->type);
  const auto* page = std::get_if<PageRecord>(&body);
  return page != nullptr && page->encoding == PageEncoding::zero ? kinds : body.index();
}
constexpr std::size_t count_slots = std::variant_size_v<EventBody> + 1 + 16;

}  // namespace

FaultEngine::FaultEngine(FaultSession& session, ConnectionParser& parser, Direction direction)
    : session_(session),
      parser_(parser),
      direction_(direction),
      limit_(session.options().unit_limit),
      counts_(count_slots) {}

void FaultEngine::feed(Bytes chunk, OutputPlan& plan) {
  feeding_ = true;
  // Notes in a package that is kept back are not delivered yet.
  if (filters_.idle()) phase_after_plan_.reset();
  filters_.begin(plan, chunk);
  filters_.chunk();
  static_cast<void>(parser_.feed(direction_, chunk, *this));
  flush_insertions();
  filters_.end();
  feeding_ = false;
}

void FaultEngine::idle(OutputPlan& plan) {
  const auto waiting = parser_.held(direction_);
  if (waiting.size() <= sent_before_parsed_ || filters_.muted() || !filters_.idle()) return;
  filters_.begin(plan, {});
  filters_.send(waiting.subspan(sent_before_parsed_));
  filters_.end();
  sent_before_parsed_ = waiting.size();
}

std::size_t FaultEngine::held() const noexcept {
  const auto size = parser_.held(direction_).size();
  return size - std::min(size, sent_before_parsed_);
}

void FaultEngine::on_event(const Event& event, Bytes raw) {
  if (!started_) start_connection_rules(event);
  if (std::holds_alternative<Unparsed>(event.body)) return unparsed(raw);
  if (event.extent.continues()) return continue_unit(event, raw);
  end_unit();
  if (event.extent.ends == Level::package) return end_package(event);
  begin_unit(event, raw);
}

bool FaultEngine::at_boundary() const noexcept {
  return !in_package_ && !in_section_ && !unit_open_ && sent_before_parsed_ == 0 && !unreadable_ &&
         parser_.migration() != nullptr && !filters_.muted() && filters_.idle();
}

void FaultEngine::begin_unit(const Event& event, Bytes raw) {
  if (!event.extent.in_section) end_section();
  flush_insertions();
  count(event.body);
  const auto units = units_of(event.body);
  if (!outcome_.rules.empty()) outcome_ = {};
  if (!unreadable_ && (units & session_.book().acted_on(direction_)) != 0) decide(event, units, raw);
  if (std::holds_alternative<PackageBegin>(event.body)) plan_package(event);
  const auto header = named(event, raw);
  open_extent(event, units, header);
  if (outcome_.header.empty()) {
    send_raw(header);
  } else {
    filters_.send(Bytes(outcome_.header));
  }
  note(event, header);
  ended_ = ended_ || (std::holds_alternative<EndOfStream>(event.body) && outcome_.arrives);
  garbled_ = garbled_ || ((outcome_.garbles || outcome_.edit_garbles) && !outcome_.taken_by);
  if (event.extent.ends != Level::none) end_unit();
  if (event.extent.ends == Level::section) end_section();
}

/// Opens the unit's level, lays the filters of the rules over it, and remembers what waits for its end.
void FaultEngine::open_extent(const Event& event, UnitSet units, Bytes raw) {
  const auto level = event.extent.begins;
  auto& reactions = level == Level::package   ? package_reactions_
                    : level == Level::section ? section_reactions_
                                              : unit_reactions_;
  (level == Level::package ? in_package_ : level == Level::section ? in_section_ : unit_open_) = true;
  if (event.extent.ends == Level::section) unit_reactions_ = std::exchange(section_reactions_, {});
  const bool awaited = (units & session_.book().waited_for()) != 0;
  if (awaited && !unreadable_ && outcome_.arrives && !filters_.discarding())
    find_reactions(event, units, reactions);
  if (!outcome_.rules.empty()) apply(event, raw);
  if (level == Level::package && package_repaired_) lay_repair(event, raw);
}

void FaultEngine::continue_unit(const Event& event, Bytes raw) {
  send_raw(raw);
  note_part(event);
  if (event.extent.ends != Level::none) end_unit();
}

void FaultEngine::end_unit() {
  if (!unit_open_) return;
  unit_open_ = false;
  filters_.close_level(Level::unit);
  if (unit_note_ || !unit_reactions_.empty())
    release_reactions(std::exchange(unit_reactions_, {}), std::exchange(unit_note_, std::nullopt));
  flush_insertions();
}

void FaultEngine::end_section() {
  if (!in_section_) return;
  in_section_ = false;
  filters_.close_level(Level::section);
  section_reactions_.clear();
  flush_insertions();
}

void FaultEngine::end_package(const Event& event) {
  end_section();
  if (!outcome_.rules.empty()) outcome_ = {};
  Note last{event, parser_.id(), direction_, Decision::forwarded, std::nullopt, true, 0};
  if (filters_.discarding()) package_reactions_.clear();
  in_package_ = package_repaired_ = false;
  auto reactions = std::exchange(package_reactions_, {});
  std::vector<Reaction> inline_reactions;
  const auto is_inline = [&](const Reaction& reaction) { return acts_inline(reaction); };
  std::copy_if(reactions.begin(), reactions.end(), std::back_inserter(inline_reactions), is_inline);
  std::erase_if(reactions, is_inline);
  if (!reactions.empty()) last.trigger = session_.defer(parser_.id(), std::move(reactions));
  add_note(last);  // inside the package's filters: one that is cut short has no end
  filters_.close_level(Level::package);
  for (const auto& reaction : inline_reactions) run_inline(reaction);
  flush_insertions();
}

void FaultEngine::unparsed(Bytes raw) {
  if (!unreadable_) {
    unreadable_ = true;
    unit_open_ = in_section_ = in_package_ = package_repaired_ = false;
    unit_note_.reset();
    unit_parts_.clear();
    filters_.give_up();
    if (const auto error = parser_.error(direction_)) switch_rules_off(*error);
  }
  send_raw(raw);
}

void FaultEngine::switch_rules_off(const ParseError& error) {
  const std::string stream(direction_ == Direction::forward ? "forward stream" : "return path");
  auto sentence = stream + " of " + numbered(parser_.id()) + " unreadable from offset " +
                  std::to_string(error.offset) + ": " + std::string(explain(error.code));
  bool any = false;
  for (std::size_t i = 0; i < session_.book().size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = session_.book().rule(index);
    const bool needs_units = rule.unit != Unit::connection && rule.unit != Unit::bytes;
    if (!needs_units || row(rule.unit).direction != direction_) continue;
    session_.book().switch_off(index, sentence);
    any = true;
  }
  session_.warn(any ? sentence + "; its rules are off, its bytes pass" : std::move(sentence));
}

void FaultEngine::send_raw(Bytes raw) {
  if (sent_before_parsed_ != 0) {
    const auto gone = std::min(sent_before_parsed_, raw.size());
    raw = raw.subspan(gone);
    sent_before_parsed_ -= gone;
  }
  filters_.send(raw);
}

/// A record without a name means the block of the record before. If the receiver did not get that one, the
/// name is put in.
Bytes FaultEngine::named(const Event& event, Bytes raw) {
  const auto reference = block_reference(event.body);
  if (!reference || reference->block == no_block || sent_before_parsed_ != 0) return raw;
  const bool arrives = outcome_.arrives && !filters_.discarding();
  const bool pretend = !outcome_.rules.empty() && !session_.book().rule(outcome_.rules.front()).repair;
  if (!arrives && !pretend) return raw;
  const bool known = reference->named || receiver_block_ == reference->block;
  receiver_block_ = reference->block;
  if (known || pretend) return raw;
  header_with_name_ = with_block_name(event.body, raw, tables().block_name(reference->block));
  return header_with_name_;
}

/// What follows a unit's header and is not payload: block list entries, discard ranges ...
void FaultEngine::note_part(const Event& event) {
  if (!session_.options().note_parts || std::holds_alternative<Payload>(event.body)) return;
  if (std::holds_alternative<MultifdPage>(event.body) && !session_.options().note_packet_pages) return;
  const Note part{event, parser_.id(), direction_, Decision::forwarded, std::nullopt, true, 0};
  unit_note_ ? unit_parts_.push_back(part) : add_note(part);
}

/// Empty if no edit has touched it.
std::vector<std::byte> FaultEngine::header_as_sent(Bytes header) const {
  auto bytes = outcome_.header;
  if (bytes.empty()) bytes.assign(header.begin(), header.end());
  bool touched = !outcome_.header.empty();
  for (const auto& patch : outcome_.patches) {
    if (patch.at >= bytes.size()) continue;
    auto& byte = bytes[static_cast<std::size_t>(patch.at)];
    byte = patch.flip ? byte ^ patch.value : patch.value;
    touched = true;
  }
  if (!touched) bytes.clear();
  return bytes;
}

void FaultEngine::note(const Event& event, Bytes header) {
  if (outcome_.notes_itself || !starts_unit(event.body)) return;
  const bool wanted = session_.options().note_pages || !outcome_.rules.empty() || !unit_reactions_.empty();
  if (is_paged(event.body) && !wanted) return;
  Note note{outcome_.sent.value_or(event),
            parser_.id(),
            direction_,
            outcome_.decision.value_or(Decision::forwarded),
            outcome_.rule,
            outcome_.arrives && outcome_.readable,
            0,
            {}};
  if (!outcome_.rules.empty()) note.sent_as = header_as_sent(header);
  if (outcome_.sent) note.received = event.body;
  if (unit_open_ && !unit_reactions_.empty()) {
    unit_note_ = note;
  } else {
    add_note(note);
  }
}

void FaultEngine::add_note(Note note) {
  note.observed = note.observed && !garbled_;
  if (session_.book().uses_phase() && note.observed && migration() != nullptr && !filters_.discarding()) {
    if (!phase_after_plan_) phase_after_plan_ = migration()->phases();
    scratch_.clear();
    phase_after_plan_->delivered({parser_.id(), parser_.kind(), direction_}, note.event,
                                 migration()->tables(), scratch_);
  }
  filters_.step(note);
}

void FaultEngine::count(const EventBody& body) {
  if (!starts_unit(body)) return;
  auto& slot = counts_[count_slot(body)];
  if (slot.count++ == 0) slot.unit = unit_name(body);
}

}  // namespace mig::proxy
