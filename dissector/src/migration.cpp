// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/migration.hpp"

#include <algorithm>

#include "mig/wire.hpp"

namespace mig {

std::string_view waits_for(const PingState& ping) noexcept {
  if (!ping.in_package) return "the destination to come to it in the stream";
  return ping.value == wire::ping_package_loaded
             ? "the devices of the package to be loaded; its PONG lets the source go on"
             : "the devices of the package to be loaded";
}

bool Migration::main_open() const noexcept {
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const Connection& c) { return c.open && is_main(c.kind); });
}

bool Migration::is_over() const noexcept {
  const bool ended = phase() == Phase::completed || phase() == Phase::failed;
  return ended &&
         std::none_of(connections_.begin(), connections_.end(), [](const Connection& c) { return c.open; });
}

bool Migration::has(ChannelKind kind) const noexcept {
  return std::any_of(connections_.begin(), connections_.end(),
                     [&](const Connection& c) { return c.kind == kind; });
}

void Migration::main_unseen() noexcept {
  const bool blocks_known = !tables_.blocks().empty();
  phases_.main_unseen(blocks_known);
  tables_.incomplete = tables_.incomplete || !blocks_known;
}

void Migration::note_ping(const EventBody& body) {
  if (const auto* ping = std::get_if<Ping>(&body)) {
    if (pings_.size() < max_pings) pings_.push_back({ping->value, ping->in_package, false});
  } else if (const auto* pong = std::get_if<Pong>(&body)) {
    const auto found = std::find_if(pings_.begin(), pings_.end(), [&](const PingState& p) {
      return p.value == pong->value && !p.answered;
    });
    if (found != pings_.end()) found->answered = true;
  }
}

void Migration::delivered(const EventOrigin& origin, const Event& event, std::vector<Notice>& notices) {
  phases_.delivered(origin, event, notices);
  if (is_main(origin.channel)) note_ping(event.body);
}

RamStage Migration::ram_stage(ChannelKind kind) const noexcept {
  if (kind == ChannelKind::multifd) return RamStage::precopy;
  if (kind == ChannelKind::preempt || tables_.listening || phases_.postcopy()) return RamStage::postcopy;
  return phases_.listen_unseen() ? RamStage::unknown : RamStage::precopy;
}

void Migration::closed(const EventOrigin& origin, bool reset, std::vector<Notice>& notices) {
  notices.clear();
  const auto entry = std::find_if(connections_.begin(), connections_.end(),
                                  [&](const Connection& c) { return c.id == origin.connection; });
  if (entry == connections_.end() || !entry->open) return;
  entry->open = false;
  if (is_main(entry->kind)) phases_.main_ended(origin.direction, reset, notices);
}

}  // namespace mig
