// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/history.hpp"

namespace mig {

void History::delivered(const Place& at, Direction direction, const Event& event, const StreamTables& tables,
                        bool from_the_start) {
  if (is_main(at.channel) && main_ != at.connection) {
    if (main_) note_reconnect(facts_);
    main_ = at.connection;
    if (!from_the_start) facts_.from_the_start = false;
  }
  note(facts_, {at.channel, direction, at.when}, event, tables);
  newest_ = is_main(at.channel) ? exchanges_.unit(event.body, at) : no_exchange;
}

void History::ended(ConnectionId connection, ChannelKind channel, const PeerEnd& end) noexcept {
  if (!is_main(channel) || main_ == connection) note_end(facts_, channel, end);
}

void History::recording_ended(ConnectionId connection, When when) noexcept {
  constexpr std::int64_t at_once = 1'000'000;  // ns, in which a program ends what is still open
  if (main_ != connection) return;
  for (auto* end : {&facts_.first_end, &facts_.second_end})
    if (*end && when.ns - (*end)->when.ns < at_once) end->reset();
}

void History::backlog(Direction direction, const Backlog& bytes) noexcept {
  facts_.backlog[static_cast<std::size_t>(direction)] = bytes;
}

}  // namespace mig
