// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/judge.hpp"

#include <algorithm>

namespace mig::proxy {
namespace {

using std::chrono::steady_clock;

When when(steady_clock::time_point at) {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count(), 0};
}

void note_deed(Deeds& deeds, const Note& note) {
  if (note.decision == Decision::forwarded) return;
  if (note.decision == Decision::closed) deeds.cut = true;
  if (note.decision == Decision::delayed || note.decision == Decision::held) deeds.delays = true;
  const auto* pong = std::get_if<Pong>(&note.event.body);
  if (pong != nullptr) deeds.pong = true;
  if (std::holds_alternative<Shut>(note.event.body)) deeds.shut = true;
  if (note.direction == Direction::forward && !note.observed) deeds.forward = true;
}

void moved(Facts& facts, Direction direction, When now) {
  if (direction == Direction::return_path) {
    facts.last_answered = now;
    return;
  }
  if (facts.package_ended && facts.last_sent.ns != 0)
    facts.longest_pause = std::max(facts.longest_pause, now.ns - facts.last_sent.ns);
  facts.last_sent = now;
}

}  // namespace

void Judge::on(const RelayEvent& event) {
  if (const auto* done = std::get_if<UnitDone>(&event)) return unit(*done);
  if (const auto* moved = std::get_if<BytesMoved>(&event)) return bytes(*moved);
  if (const auto* end = std::get_if<LegEnded>(&event)) return ended(*end);
  if (const auto* gone = std::get_if<Closed>(&event)) return closed(*gone);
}

void Judge::unit(const UnitDone& done) {
  const Note& note = done.note;
  const Who& who = done.who;
  if (who.migration == nullptr || !is_main(who.channel)) return;
  if (std::holds_alternative<PageRecord>(note.event.body)) return;  // says nothing but when, as all bytes do
  auto& legs = all_[who.migration->id()];
  if (legs.main != who.connection) {
    if (legs.main) {
      note_reconnect(legs.at_source);
      note_reconnect(legs.at_destination);
    }
    legs.main = who.connection;
  }
  const bool forward = note.direction == Direction::forward;
  auto& sender = forward ? legs.at_source : legs.at_destination;
  auto& receiver = forward ? legs.at_destination : legs.at_source;
  const FactOrigin origin{who.channel, note.direction, when(who.at)};
  const auto& tables = who.migration->tables();
  // A released unit was sent when it was held.
  if (note.decision != Decision::injected && note.decision != Decision::released) {
    Event event = note.event;
    if (note.received) event.body = *note.received;
    mig::note(sender, origin, event, tables);
  }
  if (note.observed) mig::note(receiver, origin, note.event, tables);
  note_deed(legs.deeds, note);
}

Judge::Legs* Judge::legs_of(ConnectionId connection) {
  const auto& parser = session_.connection(connection);
  if (parser.migration() == nullptr || !is_main(parser.kind())) return nullptr;
  auto& legs = all_[parser.migration()->id()];
  return legs.main == connection ? &legs : nullptr;
}

void Judge::bytes(const BytesMoved& bytes) {
  auto* legs = legs_of(bytes.connection);
  if (legs == nullptr) return;
  moved(bytes.side == Side::source ? legs->at_source : legs->at_destination, bytes.direction,
        when(steady_clock::now()));
}

/// Bytes that cannot be read have no units.
void Judge::note_errors(Legs& legs, const ConnectionParser& parser) {
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    const auto error = parser.error(direction);
    if (!error) continue;
    const Event event{{error->offset, error->offset}, Unparsed{error->code}, no_extent};
    const FactOrigin origin{parser.kind(), direction, when(steady_clock::now())};
    for (auto* facts : {&legs.at_source, &legs.at_destination})
      mig::note(*facts, origin, event, parser.migration()->tables());
  }
}

/// On each leg the relay plays the other QEMU: what it ends there is what that peer sees.
void Judge::ended(const LegEnded& end) {
  const auto& parser = session_.connection(end.connection);
  if (parser.migration() == nullptr) return;
  auto& legs = all_[parser.migration()->id()];
  auto& facts = end.side == Side::source ? legs.at_source : legs.at_destination;
  if (is_main(parser.kind())) {
    if (legs.main != end.connection) return;
    note_errors(legs, parser);
    // The description was the last of it, and nothing of it is missing.
    const bool whole =
        end.direction == Direction::forward && !end.reset && facts.eof && !parser.error(end.direction);
    if (whole && !facts.described) facts.described = when(steady_clock::now());
  }
  const auto by = end.direction == Direction::forward ? Peer::source : Peer::destination;
  note_end(facts, parser.kind(), {by, end.reset, when(steady_clock::now())});
}

void Judge::closed(const Closed& closed) {
  if (closed.who.migration == nullptr || closed.ending == Ending::stopped) return;
  const auto found = all_.find(closed.who.migration->id());
  if (found == all_.end() || found->second.main != closed.who.connection) return;
  if (closed.ending == Ending::fault) found->second.deeds.cut = true;
  const auto result = verdict(found->first);
  out_.on(Judged{closed.who, result});
}

Verdict Judge::verdict(MigrationId migration) const {
  const auto found = all_.find(migration);
  const Legs legs = found == all_.end() ? Legs{} : found->second;
  Vantage vantage;
  vantage.deeds = legs.deeds;
  vantage.capture_end = when(steady_clock::now()).ns;
  const auto last = std::max(legs.at_source.last_sent.ns, legs.at_destination.last_answered.ns);
  vantage.silent = vantage.capture_end - last > Facts::pause;
  return mig::verdict(legs.at_source, legs.at_destination, vantage);
}

}  // namespace mig::proxy
