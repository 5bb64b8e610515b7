// SPDX-License-Identifier: GPL-2.0-or-later
// The reasoning is docs/protocol.md section 9: what a source and a destination do on which message.
#include "mig/history/phases.hpp"

#include <array>

#include "mig/wire.hpp"

namespace mig {

std::string_view to_string(Phase phase) noexcept {
  constexpr std::array<std::string_view, 11> names = {
      "setup",           "precopy",  "switchover", "package", "postcopy-device", "postcopy-active",
      "postcopy-paused", "recovery", "completed",  "failed",  "unknown"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view explain(Notice notice) noexcept {
  switch (notice) {
    case Notice::phase_changed: return "the phase changed";
    case Notice::package_delivered: return "the destination has the whole package and can load the devices";
    case Notice::destination_may_run: return "the destination may run the guest from now on";
    case Notice::source_may_not_go_back: return "source may no longer go back";
    case Notice::source_may_go_back_again:
      return "all was sent; if the return path breaks before SHUT the source may resume its guest";
    case Notice::destination_reported_error: return "the destination reported an error";
    case Notice::destination_done: return "the destination has all it needs: the migration is complete";
    case Notice::two_runners_possible:
      return "the link broke while the destination may run and the source may still go back: both may run "
             "the guest";
    case Notice::source_may_resume:
      return "the link broke before the source gave up the guest: it may resume it";
  }
  return "";
}

void Phases::set_phase(Phase phase, std::vector<Notice>& notices) {
  if (phase == phase_) return;
  phase_ = phase;
  notices.push_back(Notice::phase_changed);
}

void Phases::main_unseen(bool blocks_known) noexcept {
  phase_ = Phase::unknown;
  facts.from_the_start = false;
  package_has_gaps_ = listen_unseen_ = answers_unseen_ = true;
  beginning_seen_ = beginning_seen_ && blocks_known;
}

/// Bytes that the observer lacks, and what it cannot read because of that. (What it cannot read of a whole
/// stream nobody can.)
void Phases::note_gap(Direction direction, const Event& event) noexcept {
  const bool missing = std::holds_alternative<Missing>(event.body);
  const bool unread =
      std::holds_alternative<Unparsed>(event.body) || std::holds_alternative<Resynchronised>(event.body);
  if (missing || (unread && (facts.lacks_bytes || !facts.from_the_start))) {
    (direction == Direction::forward ? last_unseen_ : answers_unseen_) = true;
  } else if (direction == Direction::forward && starts_unit(event.body)) {
    last_unseen_ = false;
  }
}

void Phases::delivered(const Place& at, const Event& event, const StreamTables& tables,
                       std::vector<Notice>& notices) {
  if (!is_main(at.channel)) return;
  const bool unread = at.direction == Direction::return_path && facts.invalid_message;
  note(facts, at, event, tables);
  if (unread) return;
  // Nearly all events are these two, and say no more.
  if (std::holds_alternative<Payload>(event.body)) return;
  if (std::holds_alternative<PageRecord>(event.body)) {
    last_unseen_ = false;
    return;
  }
  note_gap(at.direction, event);
  if (at.direction == Direction::forward) {
    forward_event(event, notices);
  } else {
    return_path_event(event, notices);
  }
}

// ---- source -> destination ----

void Phases::forward_event(const Event& event, std::vector<Notice>& notices) {
  if (const auto* header = std::get_if<SectionHeader>(&event.body)) {
    const bool part = header->type == SectionType::part;
    if (phase_ == Phase::setup && part) set_phase(Phase::precopy, notices);
    const bool final_data = header->type == SectionType::end || header->type == SectionType::full;
    if (phase_ == Phase::precopy && final_data) set_phase(Phase::switchover, notices);
  } else if (const auto* command = std::get_if<Command>(&event.body)) {
    if (command->type == CommandType::switchover_start) switchover_began(notices);
    const bool before = phase_ < Phase::package || phase_ == Phase::unknown;
    if (command->type == CommandType::postcopy_listen && before) package_began(notices);
  } else if (std::holds_alternative<RamDiscard>(event.body)) {
    switchover_began(notices);
  } else if (std::holds_alternative<PackageBegin>(event.body)) {
    package_began(notices);
  } else if (std::holds_alternative<Unparsed>(event.body) ||
             std::holds_alternative<Resynchronised>(event.body)) {
    package_has_gaps_ = listen_unseen_ = true;
  } else if (std::holds_alternative<Missing>(event.body)) {
    package_has_gaps_ = true;
  } else if (std::holds_alternative<PackageEnd>(event.body)) {
    package_delivered(notices);
  } else if (std::holds_alternative<RecvBitmapRequest>(event.body)) {
    set_phase(Phase::recovery, notices);
  } else if (std::holds_alternative<EndOfStream>(event.body)) {
    stream_ended(notices);
  }
}

/// No package was before this.
void Phases::switchover_began(std::vector<Notice>& notices) {
  listen_unseen_ = false;
  set_phase(Phase::switchover, notices);
}

void Phases::package_began(std::vector<Notice>& notices) {
  listen_unseen_ = false;
  package_has_gaps_ = false;
  set_phase(Phase::package, notices);
}

void Phases::package_delivered(std::vector<Notice>& notices) {
  notices.push_back(Notice::package_delivered);
  if (facts.run || package_has_gaps_) {  // its last unit is RUN, seen or not
    destination_may_run_ = true;
    notices.push_back(Notice::destination_may_run);
  }
  if (facts.ping_loaded && !facts.pong_loaded) return set_phase(Phase::postcopy_device, notices);
  if (package_has_gaps_ && !facts.pong_loaded) return set_phase(Phase::unknown, notices);
  // A source up to 10.1 sends no PING 0x42 and gives the guest up when the package is out.
  package_loaded(notices);
}

/// The package lay in bytes that nobody has, but the answer to its last PING is there.
void Phases::package_went_unseen(std::vector<Notice>& notices) {
  destination_may_run_ = true;
  notices.push_back(Notice::destination_may_run);
  package_loaded(notices);
}

void Phases::package_loaded(std::vector<Notice>& notices) {
  set_phase(Phase::postcopy_active, notices);
  if (!source_can_go_back_) return;
  source_can_go_back_ = false;
  notices.push_back(Notice::source_may_not_go_back);
}

void Phases::stream_ended(std::vector<Notice>& notices) {
  if (phase_ == Phase::completed) return;  // SHUT 0 was seen before what it answers
  if (!destination_may_run_) notices.push_back(Notice::destination_may_run);
  destination_may_run_ = true;
  if (!beginning_seen_ && !facts.return_path) return;  // there may be one, and nothing was said on it
  if (facts.return_path) {
    // Until SHUT is read, a broken return path makes the source fail and resume, in postcopy too.
    if (!source_can_go_back_) notices.push_back(Notice::source_may_go_back_again);
    source_can_go_back_ = true;
  } else {
    if (source_can_go_back_) notices.push_back(Notice::source_may_not_go_back);
    source_can_go_back_ = false;  // nobody will tell it of a failure
  }
}

// ---- destination -> source ----

void Phases::pong_received(std::uint32_t value, std::vector<Notice>& notices) {
  if (value != wire::ping_package_loaded) return;
  if (phase_ == Phase::postcopy_device) return package_loaded(notices);
  if (phase_ == Phase::unknown || (facts.has_gaps() && phase_ < Phase::postcopy_device))
    package_went_unseen(notices);
}

/// Only a destination that has the whole package asks for pages.
void Phases::page_requested(std::vector<Notice>& notices) {
  if (facts.has_gaps() && phase_ < Phase::postcopy_device) set_phase(Phase::unknown, notices);
}

void Phases::return_path_event(const Event& event, std::vector<Notice>& notices) {
  // The PONG that ends it may be among bytes that the observer lacks.
  if (phase_ == Phase::postcopy_device && std::holds_alternative<Missing>(event.body))
    set_phase(Phase::unknown, notices);
  if (const auto* pong = std::get_if<Pong>(&event.body)) {
    pong_received(pong->value, notices);
  } else if (std::holds_alternative<PageRequest>(event.body)) {
    page_requested(notices);
  } else if (const auto* ack = std::get_if<ResumeAck>(&event.body)) {
    if (phase_ == Phase::recovery && ack->value == 1) set_phase(Phase::postcopy_active, notices);
  } else if (const auto* shut = std::get_if<Shut>(&event.body)) {
    notices.push_back(shut->value == 0 ? Notice::destination_done : Notice::destination_reported_error);
    set_phase(shut->value == 0 ? Phase::completed : Phase::failed, notices);
    if (shut->value == 0) source_can_go_back_ = false;
  }
}

/// What would tell who may run the guest may have been among bytes that were not seen.
bool Phases::end_unseen() const noexcept {
  if (facts.shut || !source_can_go_back_) return false;
  const bool lacks_bytes = facts.lacks_bytes || !facts.from_the_start;
  return destination_may_run_ ? answers_unseen_ : last_unseen_ || (lacks_bytes && listen_unseen_);
}

void Phases::main_ended(Direction by, bool reset, std::vector<Notice>& notices) {
  notices.clear();
  if (phase_ == Phase::completed || phase_ == Phase::unknown) return;
  if (facts.eof && !facts.return_path) {
    // Without a return path the destination's reset alone says that it did not load.
    return set_phase(reset && by == Direction::return_path ? Phase::failed : Phase::completed, notices);
  }
  if (end_unseen()) return set_phase(Phase::unknown, notices);
  if (!source_can_go_back_) return set_phase(Phase::postcopy_paused, notices);
  const bool failed_by_destination = facts.shut && facts.shut_value != 0;
  notices.push_back(destination_may_run_ && !failed_by_destination ? Notice::two_runners_possible
                                                                   : Notice::source_may_resume);
  set_phase(Phase::failed, notices);
}

}  // namespace mig
