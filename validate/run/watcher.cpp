// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/watcher.hpp"

#include <algorithm>

#include "validate/base/errors.hpp"

namespace mig::validate {
namespace {

constexpr Seconds poll_interval = 0.01;

}  // namespace

void Watcher::watch(ProxyProcess& proxy, Seconds started) {
  proxy_ = &proxy;
  proxy_started_ = proxy_read_ = started;
}

bool Watcher::pump(Seconds limit, const std::function<bool()>& until) {
  for (const auto end = clock_.now() + limit;;) {
    poll();
    if (until()) return true;
    if (clock_.now() >= end) return false;
    sleep_for(poll_interval);
  }
}

void Watcher::act(Seconds at, const std::string& text) {
  Told told;
  told.emplace_back(at, [this, at, text] { listener_.on_action(at, text); });
  poll(std::move(told));
}

void Watcher::poll() { poll({}); }

// What was read in one go is told in the order in which it happened.
void Watcher::poll(Told told) {
  for (const auto side : both_sides) poll_side(side, told);
  if (proxy_ != nullptr) poll_proxy(told);
  poll_notes(told);
  std::stable_sort(told.begin(), told.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [at, tell] : told) tell();
}

void Watcher::poll_side(Side side, Told& told) {
  std::vector<StateChange> fresh;
  driver_.side(side).poll(fresh);
  for (auto& change : fresh) {
    const auto at = change.at;
    told.emplace_back(at, [this, side, change = std::move(change)] { listener_.on_change(side, change); });
  }
}

// A line's own time is taken where it can be true: not before the last look, not after this one.
void Watcher::poll_proxy(Told& told) {
  const auto now = clock_.now();
  for (auto& [since_start, text] : proxy_->new_lines()) {
    const auto at = since_start ? std::clamp(proxy_started_ + *since_start, proxy_read_, now) : now;
    seen_.proxy.push_back({at, std::move(text)});
    told.emplace_back(at, [this, line = seen_.proxy.back()] { listener_.on_proxy(line); });
  }
  proxy_read_ = now;
  if (proxy_->process().running() || proxy_end_told_) return;
  proxy_end_told_ = true;
  listener_.on_action(clock_.now(), "migproxy ended by itself: " + proxy_->process().end());
}

void Watcher::poll_notes(Told& told) {
  for (auto& note : driver_.new_notes()) {
    seen_.notes.push_back(std::move(note));
    told.emplace_back(seen_.notes.back().at, [this, said = seen_.notes.back()] { listener_.on_note(said); });
  }
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
    for (auto& line : proxy_->new_lines()) seen_.proxy.push_back({clock_.now(), std::move(line.text)});
    seen_.rules = proxy_->rules_fired();
  }
  seen_.source = seen(Side::source);
  seen_.destination = seen(Side::destination);
  return seen_;
}

}  // namespace mig::validate
