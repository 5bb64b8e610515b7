// SPDX-License-Identifier: GPL-2.0-or-later
// The course of one direction: where units begin and end, what leaves untouched, what is noted.
#include "proxy/engine/fault_engine.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mig/encode.hpp"
#include "mig/fields.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

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

FaultEngine::FaultEngine(SessionCore& core, ConnectionParser& parser, Direction direction, std::size_t limit)
    : core_(core),
      parser_(parser),
      stack_(*this, limit),
      direction_(direction),
      limit_(limit),
      counts_(count_slots) {}

void FaultEngine::Verdict::clear() {
  rules.clear();
  decision.reset();
  rule.reset();
  arrives = readable = true;
  garbles = notes_itself = false;
  taken_by.reset();
  size.reset();
  sent.reset();
  header.clear();
  patches.clear();
}

void FaultEngine::feed(Bytes chunk, OutputPlan& plan) {
  feeding_ = true;
  // Notes in a package that is kept back are not delivered yet.
  if (stack_.idle()) ahead_.reset();
  stack_.begin(plan, chunk);
  update_throttle(plan);
  static_cast<void>(parser_.feed(direction_, chunk, *this));
  flush_insertions();
  stack_.end();
  feeding_ = false;
}

void FaultEngine::idle(OutputPlan& plan) {
  const auto waiting = parser_.held(direction_);
  if (waiting.size() <= early_ || stack_.muted() || !stack_.idle()) return;
  stack_.begin(plan, {});
  stack_.send(waiting.subspan(early_));
  stack_.end();
  early_ = waiting.size();
}

std::size_t FaultEngine::held() const noexcept {
  const auto size = parser_.held(direction_).size();
  return size - std::min(size, early_);
}

void FaultEngine::on_event(const Event& event, Bytes raw) {
  if (!started_) start_connection_rules();
  if (std::holds_alternative<Unparsed>(event.body)) return unparsed(event, raw);
  if (continues_unit(event.body)) return continue_unit(event, raw);
  end_leaf();
  if (std::holds_alternative<PackageEnd>(event.body)) return end_package(event);
  begin_unit(event, raw);
}

bool FaultEngine::at_boundary() const noexcept {
  return !in_package_ && !in_section_ && !leaf_open_ && early_ == 0 && !off_ &&
         parser_.migration() != nullptr && !stack_.muted() && stack_.idle();
}

void FaultEngine::begin_unit(const Event& event, Bytes raw) {
  if (in_section_ && is_top_level(event.body)) end_section();
  flush_insertions();
  count(event.body);
  const auto units = units_of(event.body);
  if (!verdict_.rules.empty()) verdict_.clear();
  if (!off_ && (units & core_.book.acted_on(direction_)) != 0) decide(event, units, raw);
  if (std::holds_alternative<PackageBegin>(event.body)) plan_package(event);
  const auto header = named(event, raw);
  open_extent(event, units, header);
  if (verdict_.header.empty()) {
    send_raw(header);
  } else {
    stack_.send(Bytes(verdict_.header));
  }
  note(event, header);
  ended_ = ended_ || (std::holds_alternative<EndOfStream>(event.body) && verdict_.arrives);
  garbled_ = garbled_ || (verdict_.garbles && !verdict_.taken_by);
  if (leaf_open_ && leaf_left_ == 0) end_leaf();
  if (std::holds_alternative<SectionFooter>(event.body)) end_section();
}

/// Opens the unit's level, lays the frames of the rules over it, and remembers who waits for its end.
void FaultEngine::open_extent(const Event& event, UnitSet units, Bytes raw) {
  auto level = Level::leaf;
  auto* hits = &leaf_hits_;
  if (std::holds_alternative<PackageBegin>(event.body)) {
    level = Level::package;
    in_package_ = true;
    hits = &package_hits_;
  } else if (std::holds_alternative<SectionHeader>(event.body)) {
    level = Level::section;
    in_section_ = true;
    hits = &section_hits_;
  } else {
    leaf_open_ = true;
    leaf_left_ = body_size(event.body, migration() != nullptr ? &tables() : nullptr);
  }
  if (std::holds_alternative<SectionFooter>(event.body)) leaf_hits_ = std::exchange(section_hits_, {});
  const bool awaited = (units & core_.book.waited_for()) != 0;
  if (awaited && !off_ && verdict_.arrives && !stack_.discarding()) find_triggers(event, units, *hits);
  if (!verdict_.rules.empty()) apply(event, raw, level);
  if (level == Level::package && package_repaired_) lay_repair(event, raw);
}

void FaultEngine::continue_unit(const Event& event, Bytes raw) {
  send_raw(raw);
  note_part(event);
  if (!leaf_open_ || !leaf_left_) return;
  *leaf_left_ -= std::min(*leaf_left_, event.range.size());
  if (*leaf_left_ == 0) end_leaf();
}

void FaultEngine::end_leaf() {
  if (!leaf_open_) return;
  leaf_open_ = false;
  stack_.close_level(Level::leaf);
  if (leaf_note_ || !leaf_hits_.empty())
    release_hits(std::exchange(leaf_hits_, {}), std::exchange(leaf_note_, std::nullopt));
  flush_insertions();
}

void FaultEngine::end_section() {
  if (!in_section_) return;
  in_section_ = false;
  stack_.close_level(Level::section);
  section_hits_.clear();
  flush_insertions();
}

void FaultEngine::end_package(const Event& event) {
  end_section();
  if (!verdict_.rules.empty()) verdict_.clear();
  Note last{event, parser_.id(), direction_, Decision::forwarded, std::nullopt, true, 0};
  if (stack_.discarding()) package_hits_.clear();
  in_package_ = package_repaired_ = false;
  auto hits = std::exchange(package_hits_, {});
  std::vector<TriggerHit> inline_hits;
  const auto is_inline = [&](const TriggerHit& hit) { return acts_inline(hit); };
  std::copy_if(hits.begin(), hits.end(), std::back_inserter(inline_hits), is_inline);
  std::erase_if(hits, is_inline);
  if (!hits.empty()) last.trigger = core_.add_hits(std::move(hits));
  add_note(last);  // inside the package's frames: one that is cut short has no end
  stack_.close_level(Level::package);
  for (const auto& hit : inline_hits) run_inline(hit);
  flush_insertions();
}

void FaultEngine::unparsed(const Event& event, Bytes raw) {
  static_cast<void>(event);
  if (!off_) {
    off_ = true;
    leaf_open_ = in_section_ = in_package_ = package_repaired_ = false;
    leaf_note_.reset();
    leaf_parts_.clear();
    stack_.give_up();
    if (const auto error = parser_.error(direction_)) switch_rules_off(*error);
  }
  send_raw(raw);
}

void FaultEngine::switch_rules_off(const ParseError& error) {
  const std::string stream(direction_ == Direction::forward ? "forward stream" : "return path");
  auto sentence = stream + " of " + numbered(parser_.id()) + " unreadable from offset " +
                  std::to_string(error.offset) + ": " + std::string(explain(error.code));
  bool any = false;
  for (std::size_t i = 0; i < core_.book.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = core_.book.rule(index);
    const bool needs_units = rule.unit != Unit::connection && rule.unit != Unit::bytes;
    if (!needs_units || row(rule.unit).direction != direction_) continue;
    core_.book.switch_off(index, sentence);
    any = true;
  }
  core_.warn(any ? sentence + "; its rules are off, its bytes pass" : std::move(sentence));
}

void FaultEngine::send_raw(Bytes raw) {
  if (early_ != 0) {
    const auto gone = std::min(early_, raw.size());
    raw = raw.subspan(gone);
    early_ -= gone;
  }
  stack_.send(raw);
}

/// A record without a name means the block of the record before. Where the receiver did not get that one, the
/// name is put in.
Bytes FaultEngine::named(const Event& event, Bytes raw) {
  const auto reference = block_reference(event.body);
  if (!reference || reference->block == no_block || early_ != 0) return raw;
  const bool arrives = verdict_.arrives && !stack_.discarding();
  const bool pretend = !verdict_.rules.empty() && !core_.book.rule(verdict_.rules.front()).repair;
  if (!arrives && !pretend) return raw;
  const bool known = reference->named || receiver_block_ == reference->block;
  receiver_block_ = reference->block;
  if (known || pretend) return raw;
  named_ = with_block_name(event.body, raw, tables().block_name(reference->block));
  return named_;
}

/// What stands in a unit behind its header and is no contents: block list entries, discard ranges ...
void FaultEngine::note_part(const Event& event) {
  if (!core_.options.note_parts || std::holds_alternative<Payload>(event.body)) return;
  if (std::holds_alternative<MultifdPage>(event.body) && !core_.options.note_packet_pages) return;
  const Note part{event, parser_.id(), direction_, Decision::forwarded, std::nullopt, true, 0};
  leaf_note_ ? leaf_parts_.push_back(part) : add_note(part);
}

/// Empty where no edit has touched it.
std::vector<std::byte> FaultEngine::header_as_sent(Bytes header) const {
  auto bytes = verdict_.header;
  if (bytes.empty()) bytes.assign(header.begin(), header.end());
  bool touched = !verdict_.header.empty();
  for (const auto& patch : verdict_.patches) {
    if (patch.at >= bytes.size()) continue;
    auto& byte = bytes[static_cast<std::size_t>(patch.at)];
    byte = patch.flip ? byte ^ patch.value : patch.value;
    touched = true;
  }
  if (!touched) bytes.clear();
  return bytes;
}

void FaultEngine::note(const Event& event, Bytes header) {
  if (verdict_.notes_itself || !starts_unit(event.body)) return;
  const bool wanted = core_.options.note_pages || !verdict_.rules.empty() || !leaf_hits_.empty();
  if (is_paged(event.body) && !wanted) return;
  Note note{verdict_.sent.value_or(event),
            parser_.id(),
            direction_,
            verdict_.decision.value_or(Decision::forwarded),
            verdict_.rule,
            verdict_.arrives && verdict_.readable,
            0,
            {}};
  if (!verdict_.rules.empty()) note.sent_as = header_as_sent(header);
  if (leaf_open_ && !leaf_hits_.empty()) {
    leaf_note_ = note;
  } else {
    add_note(note);
  }
}

void FaultEngine::add_note(Note note) {
  note.observed = note.observed && !garbled_;
  if (core_.book.uses_phase() && note.observed && migration() != nullptr && !stack_.discarding()) {
    if (!ahead_) ahead_ = *migration();
    ahead_->delivered({parser_.id(), parser_.kind(), direction_}, note.event, scratch_);
  }
  stack_.step(note);
}

void FaultEngine::count(const EventBody& body) {
  if (!starts_unit(body)) return;
  auto& slot = counts_[count_slot(body)];
  if (slot.count++ == 0) slot.unit = unit_name(body);
}

}  // namespace mig::proxy
