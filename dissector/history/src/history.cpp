// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/history.hpp"

namespace mig {

void History::delivered(const Place& at, const Event& event, const StreamTables& tables, bool from_the_start,
                        std::vector<Notice>& notices) {
  notices.clear();
  newest_ = no_exchange;
  if (!is_main(at.channel)) return;
  if (main_ != at.connection) {
    if (main_) note_reconnect(phases_.facts);
    main_ = at.connection;
    if (!from_the_start) phases_.facts.from_the_start = false;
  }
  phases_.delivered(at, event, tables, notices);
  const bool says_more =
      !std::holds_alternative<PageRecord>(event.body) && !std::holds_alternative<Payload>(event.body);
  if (says_more) newest_ = exchanges_.unit(event.body, at);
}

void History::ended(ConnectionId connection, ChannelKind channel, const PeerEnd& end) noexcept {
  if (!is_main(channel) || main_ == connection) note_end(phases_.facts, channel, end);
}

void History::recording_ended(ConnectionId connection, When when) noexcept {
  constexpr std::int64_t at_once = 1'000'000;  // ns, in which a program ends what is still open
  if (main_ != connection) return;
  for (auto* end : {&phases_.facts.first_end, &phases_.facts.second_end})
    if (*end && when.ns - (*end)->when.ns < at_once) end->reset();
}

void History::backlog(Direction direction, const Backlog& bytes) noexcept {
  phases_.facts.backlog[static_cast<std::size_t>(direction)] = bytes;
}

}  // namespace mig
