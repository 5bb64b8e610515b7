// SPDX-License-Identifier: GPL-2.0-or-later
// Which connections belong to one migration.
#include <algorithm>

#include "mig/history/migration.hpp"

namespace mig {
namespace {

bool waits_for_recovery(const Migration& m) noexcept {
  return m.has(ChannelKind::main) && !m.main_open() && m.phase() != Phase::completed;
}

/// A preempt channel may belong to it.
bool may_preempt(const Migration& m) noexcept {
  return (m.tables().advised || !m.phases().beginning_seen()) && m.phase() != Phase::completed;
}

bool has_main(const Migration& m) noexcept { return m.has(ChannelKind::main); }
/// Migrations that a connection may belong to, the newest first: a capture of very many that never end would
/// take time in proportion to their square.
constexpr std::size_t max_searched = 256;

bool may_add_multifd(const Migration& m) noexcept { return !has_main(m) || m.main_open(); }
/// Until a recovery, neither a multifd nor a preempt channel can join.
bool is_over(const Migration& m) noexcept { return !may_add_multifd(m) && !may_preempt(m); }

}  // namespace

Route MigrationSet::route(ConnectionId id) const noexcept {
  const auto found = routes_.find(id);
  return found != routes_.end() ? found->second : Route{};
}

/// True where nothing is known of the one or the other, too.
bool MigrationSet::leads_to(const Migration& m, ConnectionId id, bool same_port) const noexcept {
  const auto mine = route(id);
  const auto& all = m.connections();
  return all.empty() || std::any_of(all.begin(), all.end(), [&](const auto& c) {
           const auto its = route(c.id);
           if (mine.host == 0 || its.host == 0) return true;
           return mine.host == its.host && (!same_port || mine.port == its.port);
         });
}

template <class Fits>
const Migration* MigrationSet::newest(ConnectionId id, bool same_port, Fits fits) const noexcept {
  const auto found = std::find_if(migrations_.rbegin(), migrations_.rend(),
                                  [&](const Migration& m) { return fits(m) && leads_to(m, id, same_port); });
  return found != migrations_.rend() ? &*found : nullptr;
}

template <class Over, class Fits>
const Migration* MigrationSet::newest_of(Numbers& numbers, ConnectionId id, Over over,
                                         Fits fits) const noexcept {
  auto left = max_searched;
  for (auto i = numbers.size(); i-- > 0 && left-- > 0;) {
    const auto& m = migrations_[numbers[i]];
    if (over(m)) {
      numbers.erase(numbers.begin() + static_cast<std::ptrdiff_t>(i));
    } else if (fits(m) && leads_to(m, id, true)) {
      return &m;
    }
  }
  return nullptr;
}

const Migration* MigrationSet::candidate(ConnectionId id, ChannelKind kind) const noexcept {
  const auto any_of_them = [](const Migration&) { return true; };
  switch (kind) {
    case ChannelKind::main: return newest_of(without_main_, id, has_main, any_of_them);
    case ChannelKind::multifd: return newest_of(joinable_, id, is_over, may_add_multifd);
    case ChannelKind::preempt: return preemptible(id);
    case ChannelKind::main_resumed: break;
    default: return nullptr;
  }
  if (const auto* same = newest(id, true, waits_for_recovery)) return same;
  if (const auto* near = newest(id, false, waits_for_recovery)) return near;
  const auto any = std::find_if(migrations_.rbegin(), migrations_.rend(), waits_for_recovery);
  return any != migrations_.rend() ? &*any : nullptr;
}

Membership MigrationSet::join(ConnectionId id, ChannelKind kind) {
  const auto* known = candidate(id, kind);
  auto& migration = known != nullptr
                        ? migrations_[static_cast<std::size_t>(known->id())]
                        : migrations_.emplace_back(
                              MigrationId{static_cast<std::uint32_t>(migrations_.size())}, max_exchanges_);
  migration.add_connection(id, kind);
  const auto number = static_cast<std::uint32_t>(migration.id());
  if (known == nullptr) without_main_.push_back(number);
  const auto place = std::lower_bound(joinable_.begin(), joinable_.end(), number);
  if (place == joinable_.end() || *place != number) joinable_.insert(place, number);
  return {&migration, &migration.tables(), kind};
}

Membership MigrationSet::join_mid_stream(ConnectionId id, ChannelKind seen) {
  auto kind = seen == ChannelKind::multifd ? ChannelKind::multifd : ChannelKind::main;
  const auto* beside = newest(id, true, [](const Migration& m) { return m.main_open() && may_preempt(m); });
  if (seen == ChannelKind::preempt && beside != nullptr) kind = ChannelKind::preempt;
  const auto* broken = newest(id, false, waits_for_recovery);
  if (kind == ChannelKind::main && broken != nullptr) kind = ChannelKind::main_resumed;
  const auto member = join(id, kind);
  if (is_main(kind) || member.migration->connections().size() == 1) member.migration->main_unseen();
  return member;
}

const Migration* MigrationSet::preemptible(ConnectionId id) const noexcept {
  return newest_of(joinable_, id, is_over, may_preempt);
}

}  // namespace mig
