// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/guest/guest_ticks.hpp"

#include <charconv>

namespace mig::validate {
namespace {

std::optional<std::uint32_t> parse_tick(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.size() != 10 || line.substr(0, 2) != "T ") return std::nullopt;
  std::uint32_t value = 0;
  const auto* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + 2, end, value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<TickBatch> TickParser::feed(std::string_view text, Seconds at) {
  partial_ += text;
  std::optional<TickBatch> batch;
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    const auto tick = parse_tick(std::string_view(partial_).substr(begin, end - begin));
    begin = end + 1;
    if (!tick) continue;
    if (last_ && *tick != *last_ + 1) ++jumps_;
    last_ = tick;
    if (!batch) batch = TickBatch{at, *tick, *tick, 0};
    batch->last = *tick;
    ++batch->count;
  }
  partial_.erase(0, begin);
  return batch;
}

TickSummary ticks_between(const std::vector<TickBatch>& ticks, Seconds from, Seconds to) {
  TickSummary summary;
  for (const auto& batch : ticks) {
    if (batch.at <= from || batch.at > to) continue;
    if (summary.count == 0) summary.first = batch.first;
    summary.last = batch.last;
    summary.count += batch.count;
  }
  return summary;
}

std::string tick_text(std::uint32_t tick) { return "tick " + std::to_string(tick); }

}  // namespace mig::validate
