// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/page_run_aggregator.hpp"

#include <utility>

namespace mig::proxy {

void PageRunAggregator::on(const RelayEvent& event) {
  if (const auto* done = std::get_if<UnitDone>(&event)) return unit(*done);
  if (const auto* gone = std::get_if<Closed>(&event)) closed(gone->who.connection);
  next_.on(event);
}

void PageRunAggregator::unit(const UnitDone& done) {
  const Note& note = done.note;
  Stream& stream = streams_[done.who.connection][static_cast<std::size_t>(note.direction)];
  const bool page = std::holds_alternative<PageRecord>(note.event.body);
  if (page && note.decision == Decision::forwarded) return fold(stream, done.who, note);
  hand_on(stream);
  if (const auto* header = std::get_if<SectionHeader>(&note.event.body)) stream.section = header->section;
  if (note.event.extent.ends == Level::section) stream.section.reset();
  next_.on(done);
}

void PageRunAggregator::fold(Stream& stream, const Who& who, const Note& note) {
  if (!stream.open) {
    stream.open = Open{who, note.direction, stream.section, {}, false};
    arm();
  }
  stream.open->who = who;
  static_cast<void>(stream.open->run.add(note.event));
}

void PageRunAggregator::hand_on(Stream& stream) {
  if (!stream.open) return;
  const Open open = *std::exchange(stream.open, std::nullopt);
  next_.on(PagesDone{open.who, open.direction, open.section, open.run});
}

void PageRunAggregator::closed(ConnectionId connection) {
  const auto found = streams_.find(connection);
  if (found == streams_.end()) return;
  for (Stream& stream : found->second) hand_on(stream);
  streams_.erase(found);
}

void PageRunAggregator::flush() {
  for (auto& [id, streams] : streams_) {
    for (Stream& stream : streams) hand_on(stream);
  }
}

void PageRunAggregator::arm() {
  if (std::exchange(armed_, true)) return;
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait([this](const boost::system::error_code& error) {
    armed_ = false;
    if (!error) on_timer();
  });
}

void PageRunAggregator::on_timer() {
  bool any = false;
  for (auto& [id, streams] : streams_) {
    for (Stream& stream : streams) {
      if (!stream.open) continue;
      if (stream.open->old) {
        hand_on(stream);
      } else {
        stream.open->old = any = true;
      }
    }
  }
  if (any) arm();
}

}  // namespace mig::proxy
