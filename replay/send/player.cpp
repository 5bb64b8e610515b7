// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/send/player.hpp"

#include <algorithm>

#include "mig/describe.hpp"
#include "mig/fields.hpp"
#include "mig/return_path_parser.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {

void ChannelsOf::opened(ConnectionId id, const ConnectionInfo& info, Moment) {
  servers_[id] = info.server;
  pages_recorded_ = pages_recorded_ && info.interface.pages_recorded;
}

void ChannelsOf::event(const EventContext& context, const Event& event, Bytes) {
  spoken_.insert(context.connection);
  if (context.migration == nullptr || static_cast<unsigned>(context.migration->id()) + 1 != migration_)
    return;
  connections_.insert(context.connection);
  const bool lost = std::holds_alternative<Missing>(event.body) && context.direction == Direction::forward;
  if (lost) missing_ += event.range.size();
}

void ChannelsOf::finished(Time) {
  const auto known = connections_;
  for (const auto& [id, server] : servers_) {
    if (spoken_.contains(id)) continue;
    for (const auto other : known) {
      if (servers_.at(other) == server) connections_.insert(id);
    }
  }
}

/// One connection to the destination, and the parser of what it answers.
struct Player::Channel {
  Channel(const std::string& address, Answers& answers)
      : live(address, [this, &answers](Bytes bytes) { static_cast<void>(parser.feed(bytes, answers)); }) {}
  StreamTables tables;
  ReturnPathParser parser{tables};
  LiveConnection live;
};

std::vector<LiveConnection*> Player::all() const {
  std::vector<LiveConnection*> out;
  for (const auto& [id, channel] : channels_) out.push_back(&channel->live);
  return out;
}

/// The recorded time `time` has come.
void Player::wait_until(Time time) {
  if (options_.fast) return;
  const auto due = start_ + (time - first_);
  while (std::chrono::steady_clock::now() < due) wait_for(all(), nullptr, due, [] { return false; });
}

void Player::opened(ConnectionId id, const ConnectionInfo&, Moment moment) {
  if (!connections_.contains(id) || !stopped_.empty()) return;
  if (channels_.empty()) {
    first_ = moment.time;
    start_ = std::chrono::steady_clock::now();
  }
  wait_until(moment.time);
  channels_[id] = std::make_shared<Channel>(options_.address, now_);
}

void Player::event(const EventContext& context, const Event& event, Bytes raw) {
  const auto found = channels_.find(context.connection);
  if (found == channels_.end()) return;
  if (context.direction == Direction::return_path) return recorded_.on_event(event, raw);
  if (stopped_.empty() && !raw.empty()) send(*found->second, context, event, raw);
}

void Player::send(Channel& channel, const EventContext& context, const Event& event, Bytes raw) {
  wait_until(context.time);
  auto& live = channel.live;
  const auto patience = std::chrono::seconds(options_.patience);
  auto give_up = std::chrono::steady_clock::now() + patience;
  while (!raw.empty()) {
    const auto n = live.write(raw);
    raw = raw.subspan(n);
    sent_ += n;
    if (n != 0) give_up = std::chrono::steady_clock::now() + patience;
    const bool late = std::chrono::steady_clock::now() >= give_up;
    if (live.ended() || late) {
      stopped_ = (late ? "the destination took nothing for " + std::to_string(options_.patience) + " s"
                       : std::string("the destination closed the connection")) +
                 ", at offset " + std::to_string(event.range.begin) + " of the " +
                 std::string(to_string(context.channel)) + " channel: " +
                 (context.migration != nullptr ? describe_unit(event, context.migration->tables()) : "");
      return;
    }
    if (!raw.empty()) wait_for(all(), &live, give_up, [&] { return live.ended(); });
  }
}

void Player::closed(const EventContext& context, bool) {
  if (channels_.contains(context.connection)) ended_.insert(context.connection);
}

/// What ended in the recording ends here too: a destination that failed to load its devices may notice only
/// then. The last word is SHUT; without a return path it is the end of the connection.
void Player::finished(Time) {
  for (const auto& [id, channel] : channels_) {
    if (ended_.contains(id)) channel->live.end_of_stream();
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(options_.patience);
  const auto done = [&] {
    const auto live = all();
    return now_.shut || std::ranges::all_of(live, [](const auto* c) { return c->ended(); });
  };
  while (!done() && std::chrono::steady_clock::now() < until) wait_for(all(), nullptr, until, done);
}

}  // namespace mig::replay
