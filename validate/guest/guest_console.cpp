// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/guest/guest_console.hpp"

#include <algorithm>
#include <charconv>

namespace mig::validate {
namespace {

struct Word {
  char kind = 0;
  std::uint32_t value = 0;
};

std::optional<Word> parse_line(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.size() != 10 || line[1] != ' ') return std::nullopt;
  Word word{line[0], 0};
  const auto* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + 2, end, word.value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return word;
}

}  // namespace

std::optional<TickBatch> GuestConsole::feed(std::string_view text, Seconds at) {
  partial_ += text;
  std::optional<TickBatch> batch;
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    take(std::string_view(partial_).substr(begin, end - begin), at, batch);
    begin = end + 1;
  }
  partial_.erase(0, begin);
  return batch;
}

void GuestConsole::take(std::string_view line, Seconds at, std::optional<TickBatch>& batch) {
  const auto word = parse_line(line);
  if (!word) return;
  switch (word->kind) {
    case 'T': return take_tick(word->value, at, batch);
    case 'V': return memory_.verified.push_back({at, word->value});
    case 'M': return memory_.bad_pages.push_back(word->value);
    case 'B': ++memory_.bad_rounds; return;
    default: return;
  }
}

void GuestConsole::take_tick(std::uint32_t tick, Seconds at, std::optional<TickBatch>& batch) {
  if (last_ && tick != *last_ + 1) ++jumps_;
  last_ = tick;
  if (!batch) batch = TickBatch{at, tick, tick, 0};
  batch->last = tick;
  ++batch->count;
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

std::size_t verified_between(const MemoryCheck& memory, Seconds from, Seconds to) {
  const auto inside = [&](const MemoryCheck::Round& round) { return round.at > from && round.at <= to; };
  return static_cast<std::size_t>(std::count_if(memory.verified.begin(), memory.verified.end(), inside));
}

std::string tick_text(std::uint32_t tick) { return "tick " + std::to_string(tick); }

}  // namespace mig::validate
