// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/migration.hpp"

#include <algorithm>

namespace mig {

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
  history_.phases().main_unseen(blocks_known);
  tables_.incomplete = tables_.incomplete || !blocks_known;
}

void Migration::closed(const Place& at, bool reset, std::vector<Notice>& notices) {
  notices.clear();
  const auto entry = std::find_if(connections_.begin(), connections_.end(),
                                  [&](const Connection& c) { return c.id == at.connection; });
  if (entry == connections_.end() || !entry->open) return;
  entry->open = false;
  if (is_main(entry->kind)) history_.phases().main_ended(at.direction, reset, notices);
}

}  // namespace mig
