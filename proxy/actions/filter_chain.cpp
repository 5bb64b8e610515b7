// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/filter_chain.hpp"

#include <algorithm>
#include <functional>

namespace mig::proxy {
namespace {

bool lies_in(Bytes bytes, Bytes whole) noexcept {
  const std::less_equal<> before;
  return before(whole.data(), bytes.data()) &&
         before(bytes.data() + bytes.size(), whole.data() + whole.size());
}

}  // namespace

void Next::send(Bytes bytes) const { chain_->pass(depth_, bytes); }
void Next::step(const Step& step) const { chain_->pass(depth_, step); }
bool Next::is_blocked() const noexcept { return chain_->passage_below(depth_) >= Passage::cut_short; }
bool Next::has_ended() const noexcept { return chain_->passage_below(depth_) == Passage::ended; }
Bytes Next::keep(std::vector<std::byte>& bytes) const { return chain_->keep(depth_, bytes); }

void FilterChain::begin(OutputPlan& plan, Bytes chunk) noexcept {
  plan_ = &plan;
  chunk_ = chunk;
}

void FilterChain::end() noexcept {
  plan_ = nullptr;
  chunk_ = kept_ = {};
}

void FilterChain::chunk() {
  for (std::size_t i = 0; i < filters_.size() && filters_[i].level == Level::none; ++i)
    filters_[i].filter->chunk(Next(*this, i));
}

void FilterChain::push(std::unique_ptr<Filter> filter, Level level) {
  filters_.push_back({std::move(filter), level});
  const auto depth = filters_.size() - 1;
  filters_[depth].filter->begin(Next(*this, depth));
}

void FilterChain::push_under(std::unique_ptr<Filter> filter) {
  const auto above = std::find_if(filters_.begin(), filters_.end(),
                                  [](const Laid& laid) { return laid.level != Level::none; });
  const auto depth = static_cast<std::size_t>(above - filters_.begin());
  const auto laid = filters_.insert(above, {std::move(filter), Level::none});
  laid->filter->begin(Next(*this, depth));
}

bool FilterChain::idle() const noexcept { return filters_.empty() || filters_.back().level == Level::none; }

Passage FilterChain::passage_below(std::size_t depth) const noexcept {
  auto most = muted_ ? Passage::ended : Passage::open;
  for (std::size_t i = 0; i < depth; ++i) most = std::max(most, filters_[i].filter->passage());
  return most;
}

void FilterChain::pass(std::size_t depth, Bytes bytes) {
  if (bytes.empty()) return;
  if (depth != 0) return filters_[depth - 1].filter->bytes(bytes, Next(*this, depth - 1));
  if (muted_ || plan_ == nullptr) return;
  sent_ += bytes.size();
  if (lies_in(bytes, chunk_) || lies_in(bytes, kept_)) {
    plan_->forward(bytes);
  } else {
    plan_->send_copy(bytes);
  }
}

void FilterChain::pass(std::size_t depth, const Step& step) {
  if (depth != 0) return filters_[depth - 1].filter->step(step, Next(*this, depth - 1));
  if (muted_ || plan_ == nullptr) return;
  if (std::holds_alternative<Close>(step)) muted_ = true;
  plan_->add(step);
}

Bytes FilterChain::keep(std::size_t depth, std::vector<std::byte>& bytes) {
  if (depth == 0 && plan_ != nullptr) return kept_ = plan_->keep(std::move(bytes));
  return bytes;
}

std::unique_ptr<Filter> FilterChain::pop() {
  auto filter = std::move(filters_.back().filter);
  filters_.pop_back();
  return filter;
}

void FilterChain::close_level(Level level) {
  while (!idle() && filters_.back().level <= level) pop()->end(Next(*this, filters_.size()));
}

void FilterChain::give_up() {
  while (!idle()) pop()->give_up(Next(*this, filters_.size()));
}

}  // namespace mig::proxy
