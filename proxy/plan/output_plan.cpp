// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/plan/output_plan.hpp"

#include <utility>

namespace mig::proxy {

std::string_view to_string(Decision decision) noexcept {
  switch (decision) {
    case Decision::forwarded: return "forwarded";
    case Decision::dropped: return "dropped";
    case Decision::held: return "held";
    case Decision::released: return "released";
    case Decision::delayed: return "delayed";
    case Decision::duplicated: return "duplicated";
    case Decision::changed: return "changed";
    case Decision::truncated: return "truncated";
    case Decision::injected: return "injected";
    case Decision::closed: return "closed";
    case Decision::throttled: return "throttled";
  }
  return "?";
}

void OutputPlan::forward(Bytes bytes) {
  if (bytes.empty()) return;
  if (!steps_.empty()) {
    if (auto* last = std::get_if<Send>(&steps_.back());
        last != nullptr && last->bytes.data() + last->bytes.size() == bytes.data()) {
      last->bytes = Bytes(last->bytes.data(), last->bytes.size() + bytes.size());
      return;
    }
  }
  steps_.emplace_back(Send{bytes});
}

void OutputPlan::send_copy(Bytes bytes) {
  if (bytes.empty()) return;
  store_.emplace_back(bytes.begin(), bytes.end());
  steps_.emplace_back(Send{Bytes(store_.back())});
}

Bytes OutputPlan::keep(std::vector<std::byte> bytes) {
  store_.push_back(std::move(bytes));
  return Bytes(store_.back());
}

void OutputPlan::clear() {
  steps_.clear();
  store_.clear();
}

}  // namespace mig::proxy
