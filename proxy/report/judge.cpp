// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/judge.hpp"

namespace mig::proxy {
namespace {

std::size_t leg(Side side) { return static_cast<std::size_t>(side); }

}  // namespace

When Judge::steady() {
  using namespace std::chrono;
  return {duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count(), 0};
}

void Judge::on(const RelayEvent& event) {
  if (const auto* moved = std::get_if<BytesMoved>(&event)) {
    legs_[leg(moved->side)].bytes(moved->connection, moved->direction, moved->bytes, clock_());
  } else if (const auto* end = std::get_if<LegEnded>(&event)) {
    legs_[leg(end->side)].ended(end->connection, end->direction, end->reset, clock_());
  } else if (const auto* gone = std::get_if<Closed>(&event)) {
    closed(*gone);
  }
}

/// When migproxy ends, its connections end with it: that says nothing of the migration.
void Judge::closed(const Closed& closed) {
  if (closed.ending == Ending::stopped) return;
  for (auto& leg : legs_) leg.closed(closed.who.connection, clock_());
  const auto* migration = closed.who.migration;
  if (migration == nullptr || !is_main(closed.who.channel)) return;
  const auto result = verdict(*migration);
  out_.on(Judged{closed.who, result});
}

Verdict Judge::verdict(const Migration& migration) const {
  ConnectionId main{};
  for (const auto& connection : migration.connections())
    if (is_main(connection.kind)) main = connection.id;
  const auto at_source = legs_[leg(Side::source)].migration_of(main, clock_());
  const auto at_destination = legs_[leg(Side::destination)].migration_of(main, clock_());
  if (!at_source) return mig::verdict(Facts{}, Vantage{});
  // Nothing was passed on: what the destination has is not known beyond that.
  if (!at_destination) return mig::verdict(at_source->facts, Facts{}, at_source->vantage);
  auto vantage = at_source->vantage;
  vantage.request_open = at_destination->vantage.request_open;
  vantage.all_pages_sent = at_destination->vantage.all_pages_sent;
  return mig::verdict(at_source->facts, at_destination->facts, vantage);
}

}  // namespace mig::proxy
