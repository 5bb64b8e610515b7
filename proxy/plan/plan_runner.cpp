// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/plan/plan_runner.hpp"

#include <algorithm>
#include <cassert>

namespace mig::proxy {

bool begins_with_close(const OutputPlan& plan) {
  for (const Step& step : plan.steps()) {
    if (const auto* close = std::get_if<Close>(&step)) return close->how != CloseHow::half_close;
    if (!std::holds_alternative<Note>(step)) return false;
  }
  return false;
}

void PlanRunner::enqueue(OutputPlan plan) { queue_.push_back(std::move(plan)); }

const Step* PlanRunner::next() {
  while (step_ >= plan_.steps().size()) {
    plan_.clear();
    step_ = sent_ = 0;
    if (queue_.empty()) return nullptr;
    plan_ = std::move(queue_.front());
    queue_.pop_front();
  }
  return &plan_.steps()[step_];
}

void PlanRunner::step_done() {
  assert(step_ < plan_.steps().size() && !std::holds_alternative<Send>(plan_.steps()[step_]));
  ++step_;
}

std::size_t PlanRunner::unsent() const {
  assert(step_ < plan_.steps().size());
  return std::get<Send>(plan_.steps()[step_]).bytes.size() - sent_;
}

std::size_t PlanRunner::gather(std::size_t limit, std::span<Bytes> pieces) const {
  std::size_t count = 0;
  std::size_t skip = sent_;
  for (std::size_t at = step_; at < plan_.steps().size() && limit != 0; ++at) {
    const auto* send = std::get_if<Send>(&plan_.steps()[at]);
    if (send == nullptr && !std::holds_alternative<Note>(plan_.steps()[at])) break;
    if (send == nullptr || send->bytes.size() == skip) continue;
    const Bytes rest = send->bytes.subspan(std::exchange(skip, 0));
    const Bytes bytes = rest.first(std::min(rest.size(), limit));
    limit -= bytes.size();
    auto* last = count == 0 ? nullptr : &pieces[count - 1];
    if (last != nullptr && last->data() + last->size() == bytes.data()) {
      *last = Bytes(last->data(), last->size() + bytes.size());  // neighbours in memory: one piece
    } else if (count == pieces.size()) {
      break;
    } else {
      pieces[count++] = bytes;
    }
  }
  return count;
}

void PlanRunner::sent(std::size_t size, const OnNote& on_note) {
  while (step_ < plan_.steps().size()) {
    const Step& step = plan_.steps()[step_];
    if (const auto* note = std::get_if<Note>(&step)) {
      ++step_;
      on_note(*note, size);
      continue;
    }
    const auto* send = std::get_if<Send>(&step);
    if (send == nullptr) break;
    const std::size_t rest = send->bytes.size() - sent_;
    if (size < rest) {
      sent_ += size;
      return;
    }
    size -= rest;
    sent_ = 0;
    ++step_;
  }
  assert(size == 0);
}

OutputPlan PlanRunner::drop() {
  step_ = sent_ = 0;
  queue_.clear();
  return std::exchange(plan_, {});
}

}  // namespace mig::proxy
