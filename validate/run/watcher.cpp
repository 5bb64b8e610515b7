// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/watcher.hpp"

#include <algorithm>

#include "validate/base/errors.hpp"

namespace mig::validate {
namespace {

constexpr Seconds poll_interval = 0.01;
constexpr Seconds reorder_window = 0.05;  // a poll, a look at QMP, and a loaded machine

}  // namespace

bool Watcher::pump(Seconds limit, const std::function<bool()>& until) {
  for (const auto end = clock_.now() + limit;;) {
    poll();
    if (until()) return true;
    if (clock_.now() >= end) return false;
    sleep_for(poll_interval);
  }
}

void Watcher::act(Seconds at, const std::string& text) {
  pending_.emplace_back(at, [this, at, text] { listener_.on_action(at, text); });
  poll();
}

void Watcher::poll() {
  for (const auto side : both_sides) poll_side(side);
  if (proxy_ != nullptr) poll_proxy();
  poll_notes();
  report(clock_.now() - reorder_window);
}

void Watcher::report(Seconds until) {
  std::stable_sort(pending_.begin(), pending_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  auto next = pending_.begin();
  for (; next != pending_.end() && next->first <= until; ++next) next->second();
  pending_.erase(pending_.begin(), next);
}

void Watcher::catch_up() {
  (void)pump(reorder_window);
  report(clock_.now());
}

void Watcher::poll_side(Side side) {
  std::vector<StateChange> fresh;
  driver_.side(side).poll(fresh);
  for (auto& change : fresh) {
    const auto at = change.at;
    pending_.emplace_back(at,
                          [this, side, change = std::move(change)] { listener_.on_change(side, change); });
  }
}

void Watcher::keep(ProxyLine line) {
  line.at = std::min(line.at, clock_.now());
  pending_.emplace_back(line.at, [this, line] { listener_.on_proxy(line); });
  seen_.proxy.push_back(std::move(line));
}

void Watcher::poll_proxy() {
  for (auto& line : proxy_->new_lines(clock_)) keep(std::move(line));
  if (proxy_->process().running() || proxy_end_reported_) return;
  proxy_end_reported_ = true;
  const auto now = clock_.now();
  pending_.emplace_back(now, [this, now, end = proxy_->process().end()] {
    listener_.on_action(now, "migproxy ended by itself: " + end);
  });
}

void Watcher::poll_notes() {
  for (auto& each : driver_.new_notes()) note(std::move(each));
}

void Watcher::note(Note note) {
  pending_.emplace_back(note.at, [this, note] { listener_.on_note(note); });
  seen_.notes.push_back(std::move(note));
}

void Watcher::keep_destination() {
  driver_.side(Side::destination).finish();
  seen_.earlier_destinations.push_back(seen(Side::destination));
}

Observations Watcher::snapshot(Seconds window) const {
  auto copy = seen_;
  copy.source = seen(Side::source);
  copy.destination = seen(Side::destination);
  copy.watched_to = clock_.now();
  copy.watched_from = copy.watched_to - window;
  return copy;
}

TickSummary Watcher::ticks_in_window(Side side) const {
  return ticks_between(seen(side).ticks, seen_.watched_from, clock_.now());
}

std::size_t Watcher::verified_in_window(Side side) const {
  return verified_between(seen(side).memory, seen_.watched_from, clock_.now());
}

Observations Watcher::finish() {
  driver_.finish(seen_);
  for (const auto side : both_sides) driver_.side(side).finish();
  if (proxy_ != nullptr) {
    seen_.proxy_exit = proxy_->stop();
    proxy_end_reported_ = true;
    for (auto& line : proxy_->new_lines(clock_)) keep(std::move(line));
    seen_.rules = proxy_->rules_fired();
  }
  report(clock_.now());
  seen_.source = seen(Side::source);
  seen_.destination = seen(Side::destination);
  return seen_;
}

}  // namespace mig::validate
