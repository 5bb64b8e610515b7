// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/connection.hpp"

#include <algorithm>
#include <exception>

#include "plugin/model/capture.hpp"

namespace mig::plugin {

std::uint32_t DirectionState::answer_of(std::uint64_t record_begin) const noexcept {
  const auto found =
      std::lower_bound(answers.begin(), answers.end(), record_begin,
                       [](const PageAnswer& a, std::uint64_t begin) { return a.begin < begin; });
  return found != answers.end() && found->begin == record_begin ? found->exchange : no_exchange;
}

const Guess* DirectionState::guess_at(std::uint64_t offset) const noexcept {
  const auto next = std::upper_bound(guesses.begin(), guesses.end(), offset,
                                     [](std::uint64_t at, const Guess& g) { return at < g.begin; });
  if (next == guesses.begin() || offset >= std::prev(next)->end) return nullptr;
  return &*std::prev(next);
}

/// One visit: hands what the sequencer puts in order to the parser, and notes the events that come out.
class Connection::Feeder final : public Sequencer::Output, public EventSink {
 public:
  Feeder(Connection& connection, Direction direction, Visit visit, std::int64_t time)
      : c_(connection),
        state_(connection.directions_[static_cast<std::size_t>(direction)]),
        direction_(direction),
        visit_(visit),
        when_{time, visit.frame} {}

  void gap(std::uint64_t size) override { static_cast<void>(c_.parser_.skip(direction_, size, *this)); }
  void piece(const Sequencer::Piece& piece) override;
  void on_event(const Event& event, Bytes raw) override;
  void remark(Notice notice, std::uint64_t offset);
  void finish(std::uint64_t end);

 private:
  void page(const Event& event);
  void unit(const Event& event, std::uint32_t blob);
  void guess(const Event& event);
  std::uint32_t keep(const Event& event, Bytes raw);
  void join();

  Connection& c_;
  DirectionState& state_;
  Direction direction_;
  Visit visit_;
  When when_;
};

void Connection::Feeder::piece(const Sequencer::Piece& piece) {
  Feed feed;
  feed.begin = piece.begin;
  feed.length = piece.size;
  feed.overlap = piece.overlap;
  feed.frame = piece.visit.frame;
  feed.ordinal = piece.visit.ordinal;
  feed.fed_in = visit_.frame;
  feed.fed_ordinal = visit_.ordinal;
  state_.feeds.add(feed);
  static_cast<void>(c_.parser_.feed(direction_, piece.bytes, *this));
  const auto cut = piece.size - piece.bytes.size();
  if (cut != 0) static_cast<void>(c_.parser_.skip(direction_, cut, *this));
  state_.feeds.last().held = static_cast<std::uint16_t>(c_.parser_.held(direction_).size());
}

/// The parser's end of stream is a feed of its own, of no bytes.
void Connection::Feeder::finish(std::uint64_t end) {
  Feed feed;
  feed.begin = end;
  feed.frame = feed.fed_in = visit_.frame;
  feed.ordinal = feed.fed_ordinal = visit_.ordinal;
  state_.feeds.add(feed);
  const bool held = !c_.parser_.held(direction_).empty();
  const auto error = c_.parser_.finish(direction_, *this);
  if (!held && error && error->code == ParseErrc::truncated) state_.cut_short = visit_;
}

void Connection::Feeder::join() {
  if (c_.log_ == nullptr && c_.parser_.migration() != nullptr)
    c_.log_ = &c_.capture_->log_of(*c_.parser_.migration());
}

/// A guess goes on until it is confirmed, or the place is lost again.
void Connection::Feeder::guess(const Event& event) {
  const bool confirmed = std::holds_alternative<Confirmed>(event.body);
  const bool lost = std::holds_alternative<Unparsed>(event.body);
  auto& guesses = state_.guesses;
  if ((confirmed || lost) && !guesses.empty() && guesses.back().end == UINT64_MAX) {
    guesses.back().end = event.range.begin;
    guesses.back().confirmed_in = confirmed ? visit_.frame : 0;
  }
  if (std::holds_alternative<Resynchronised>(event.body))
    guesses.push_back({event.range.begin, UINT64_MAX, 0});
}

void Connection::Feeder::on_event(const Event& event, Bytes raw) {
  join();
  const auto blob = keep(event, raw);
  if (std::holds_alternative<PageRecord>(event.body) || std::holds_alternative<MultifdPage>(event.body)) {
    page(event);
  } else if (std::holds_alternative<Payload>(event.body)) {
    state_.units.add_payload(event);
    if (blob != no_blob && c_.log_ != nullptr && c_.capture_->blobs()[blob].whole) c_.log_->described(blob);
  } else {
    guess(event);
    if (!std::holds_alternative<Confirmed>(event.body)) unit(event, blob);
  }
}

/// The blob that begins or ends with the event. An iterative section has none: it goes on.
std::uint32_t Connection::Feeder::keep(const Event& event, Bytes raw) {
  auto& blobs = c_.capture_->blobs();
  const auto blob = state_.blobs.delivered(
      blobs, {c_.id(), c_.kind(), c_.actual_direction(direction_), event.range.begin, when_}, event, raw);
  if (blob == no_blob) return blob;
  const auto* section = std::get_if<SectionHeader>(&blobs[blob].header.body);
  return section == nullptr || section->type == SectionType::full ? blob : no_blob;
}

void Connection::Feeder::page(const Event& event) {
  std::optional<std::uint32_t> answers;
  PageNote note;
  if (c_.log_ != nullptr) note = c_.log_->page(event, c_.parser_.id(), c_.kind(), when_, answers);
  state_.units.add_page(event, note);
  if (answers) state_.answers.push_back({event.range.begin, *answers});
}

void Connection::Feeder::unit(const Event& event, std::uint32_t blob) {
  auto& unit = state_.units.add(event);
  unit.blob = blob;
  if (c_.log_ == nullptr) return;
  const Place at{c_.id(), c_.kind(), c_.actual_direction(direction_), event.range.begin, when_};
  std::vector<Notice> notices;
  c_.log_->migration().delivered(at, event, notices);
  c_.log_->unit(unit, at);
  for (const auto notice : notices) remark(notice, event.range.end);
}

void Connection::Feeder::remark(Notice notice, std::uint64_t offset) {
  const auto phase = c_.log_->migration().phase();
  if (notice == Notice::phase_changed) c_.log_->phase(visit_, phase);
  state_.remarks.push_back({visit_, offset, notice, phase});
}

Connection::Connection(Capture& capture, MigrationSet& set, ConnectionId id, Joined joined)
    : capture_(&capture), parser_(set, id, joined) {
  for (auto& direction_state : directions_)
    direction_state.sequencer.set_window(capture.options().reorder_window);
}

Sequencer::Disposition Connection::feed(Direction direction, const Input& input) noexcept {
  auto& direction_state = directions_[static_cast<std::size_t>(direction)];
  if (direction_state.dead) return Sequencer::Disposition::old;
  try {
    Feeder feeder(*this, direction, input.segment.visit, input.time);
    return input.positioned ? direction_state.sequencer.accept(input.segment, feeder)
                            : direction_state.sequencer.accept_next(input.segment, feeder);
  } catch (const std::exception&) {
    direction_state.dead = true;
    return Sequencer::Disposition::old;
  }
}

namespace {

Visit visit_of_end(const When& when) noexcept {
  return {static_cast<std::uint32_t>(when.packet), Connection::end_ordinal};
}

}  // namespace

void Connection::finish(Direction direction, const When& when) {
  auto& direction_state = directions_[static_cast<std::size_t>(direction)];
  if (direction_state.dead || ended_[static_cast<std::size_t>(direction)]) return;
  ended_[static_cast<std::size_t>(direction)] = true;
  Feeder(*this, direction, visit_of_end(when), when.ns).finish(direction_state.sequencer.next());
}

void Connection::end(Direction direction, bool reset, const When& when) noexcept {
  if (closed_) return;
  try {
    finish(direction, when);
    if (reset) finish(direction == Direction::forward ? Direction::return_path : Direction::forward, when);
    closed_ = ended_[0] && ended_[1];
    if (!closed_ || log_ == nullptr) return;
    std::vector<Notice> notices;
    log_->migration().closed({id(), kind(), actual_direction(direction)}, reset, notices);
    Feeder feeder(*this, direction, visit_of_end(when), when.ns);
    for (const auto notice : notices) feeder.remark(notice, direction_state(direction).sequencer.next());
  } catch (const std::exception&) {
    closed_ = true;
  }
}

}  // namespace mig::plugin
