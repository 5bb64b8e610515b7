// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/filter.hpp"

#include <algorithm>

namespace mig::proxy {

void pass_undelivered(const Step& step, RuleIndex rule, Decision decision, const Next& next) {
  if (std::holds_alternative<StartTimer>(step) || std::holds_alternative<Close>(step)) return next.step(step);
  const auto* note = std::get_if<Note>(&step);
  if (note == nullptr) return;
  Note lost = *note;
  lost.observed = false;
  if (!lost.rule) {
    lost.decision = decision;
    lost.rule = rule;
  }
  next.step(lost);
}

void Collector::bytes(Bytes bytes, const Next& next) {
  if (passing_) return next.send(bytes);
  collected_.insert(collected_.end(), bytes.begin(), bytes.end());
  if (collected_.size() <= host_->unit_limit()) return;
  if (rule_) host_->too_long(*rule_);
  send_collected(next);
  passing_ = true;
}

void Collector::step(const Step& step, const Next& next) {
  if (passing_) return next.step(step);
  steps_.emplace_back(collected_.size(), step);
}

void Collector::end(const Next& next) {
  if (passing_) return;
  complete(next);
  send_collected(next);
  sent(next);
}

void Collector::give_up(const Next& next) {
  if (!passing_) send_collected(next);
}

void Collector::send_collected(const Next& next) {
  auto collected = std::exchange(collected_, {});
  Bytes rest = next.keep(collected);
  std::size_t done = 0;
  const auto size = rest.size();
  for (const auto& [at, step] : std::exchange(steps_, {})) {
    const auto until = std::min(at, size);
    next.send(rest.subspan(done, until - done));
    done = until;
    next.step(step);
  }
  next.send(rest.subspan(done));
}

void Window::bytes(Bytes bytes, const Next& next) {
  const auto room = keep_ - std::min(keep_, position_);
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()));
  position_ += bytes.size();
  next.send(bytes.first(n));
  check(next);
  if (!shut_) return next.send(bytes.subspan(n));
  lost_bytes_ = lost_bytes_ || (n < bytes.size() && !next.has_ended());
}

void Window::step(const Step& step, const Next& next) {
  if (!is_shut() || position_ <= keep_) return next.step(step);
  pass_undelivered(step, rule_, decision_, next);
}

void Window::check(const Next& next) {
  if (cut_ || position_ < keep_) return;
  cut_ = true;
  shut_ = cut(next);
}

}  // namespace mig::proxy
