// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/tcp_reassembly.hpp"

#include <algorithm>
#include <utility>

namespace mig::replay {
namespace {

// Unwrapped numbers start here, so that a segment from before the first one seen does not fall below zero.
constexpr std::uint64_t origin = 1ULL << 32;

}  // namespace

/// The 64-bit number nearest to the next expected one.
std::uint64_t TcpReassembly::unwrap(std::uint32_t sequence) const noexcept {
  const auto distance = static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(next_));
  return next_ + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
}

/// Times of a direction never go back.
Moment TcpReassembly::no_earlier(const Moment& moment) noexcept {
  last_ = std::max(last_, moment.time);
  return {last_, moment.packet};
}

void TcpReassembly::segment(const Segment& s, const Moment& moment, StreamSink& sink) {
  if (!started_) {
    if (!s.syn && s.size == 0) return;  // nothing yet that has a place
    started_ = true;
    started_late_ = !s.syn;
    next_ = first_ = origin + s.sequence + (s.syn ? 1 : 0);
  }
  unheard_ = false;
  const auto begin = s.syn ? unwrap(s.sequence + 1) : unwrap(s.sequence);
  if (s.fin && !end_) end_ = begin + s.size;
  if (s.size == 0) return;
  if (begin <= next_) {
    deliver(begin, s.payload, begin + s.size, moment, sink);
    drain(sink);
  } else {
    keep(begin, s, moment, sink);
    if (acknowledged_ > next_ && ++late_ > late_segments) give_up_first(sink);
    while (waiting_bytes_ > max_waiting) give_up_first(sink);
  }
}

std::optional<std::uint64_t> TcpReassembly::offset_of(const Segment& s) const noexcept {
  const auto begin = s.syn ? unwrap(s.sequence + 1) : unwrap(s.sequence);
  return started_ && begin >= first_ ? std::optional(begin - first_) : std::nullopt;
}

/// Bytes [begin, end) of which `captured` is the front; what was given before is left out.
void TcpReassembly::deliver(std::uint64_t begin, Bytes captured, std::uint64_t end, const Moment& moment,
                            StreamSink& sink) {
  if (begin < next_) compare(begin, captured, moment, sink);
  if (end <= next_) return;
  const auto when = no_earlier(moment);
  const auto seen = next_ - begin;
  if (seen < captured.size()) {
    const auto fresh = captured.subspan(static_cast<std::size_t>(seen));
    next_ += fresh.size();
    remember(fresh);
    sink.data(fresh, when);
  }
  if (next_ < end) {  // cut by the snaplen
    const auto cut = end - next_;
    next_ = end;
    recent_.clear();
    sink.missing(cut, when);
  }
  late_ = 0;
}

void TcpReassembly::compare(std::uint64_t begin, Bytes again, const Moment& moment, StreamSink& sink) const {
  const auto known = next_ - std::min<std::uint64_t>(next_, recent_.size());  // the first that is remembered
  const auto from = std::max(begin, known), to = std::min<std::uint64_t>(begin + again.size(), next_);
  if (from >= to || again.size() == 1) return;  // a keep-alive repeats one byte, whatever it is
  const auto size = static_cast<std::ptrdiff_t>(to - from);
  const auto* mine = recent_.data() + (from - known);
  if (!std::equal(mine, mine + size, again.data() + (from - begin))) sink.conflicting(moment);
}

void TcpReassembly::remember(Bytes given) {
  if (recent_.size() + given.size() > 2 * max_compared) {
    const auto kept = std::min(recent_.size(), max_compared);
    recent_.erase(recent_.begin(), recent_.end() - static_cast<std::ptrdiff_t>(kept));
  }
  if (given.size() >= max_compared) {
    recent_.clear();  // what is kept is without a gap
    given = given.last(max_compared);
  }
  recent_.insert(recent_.end(), given.begin(), given.end());
}

void TcpReassembly::keep(std::uint64_t begin, const Segment& s, const Moment& moment, StreamSink& sink) {
  auto& entry = waiting_[begin];
  const auto both = std::min(entry.bytes.size(), s.payload.size());
  if (!std::equal(entry.bytes.begin(), entry.bytes.begin() + static_cast<std::ptrdiff_t>(both),
                  s.payload.begin()))
    sink.conflicting(moment);
  if (entry.end >= begin + s.size && entry.bytes.size() >= s.payload.size()) return;
  waiting_bytes_ -= entry.bytes.size();
  entry.bytes.assign(s.payload.begin(), s.payload.end());
  entry.end = begin + s.size;
  entry.moment = moment;
  waiting_bytes_ += entry.bytes.size();
}

void TcpReassembly::drain(StreamSink& sink) {
  while (!waiting_.empty() && waiting_.begin()->first <= next_) {
    const auto node = waiting_.extract(waiting_.begin());
    waiting_bytes_ -= node.mapped().bytes.size();
    const auto& waited = node.mapped();
    deliver(node.key(), waited.bytes, waited.end, waited.moment, sink);
  }
}

void TcpReassembly::give_up_first(StreamSink& sink) {
  late_ = 0;
  if (waiting_.empty()) return;
  const auto lost = waiting_.begin()->first - next_;
  next_ += lost;
  recent_.clear();
  sink.missing(lost, no_earlier(waiting_.begin()->second.moment));
  drain(sink);
}

void TcpReassembly::acknowledged(std::uint32_t number, StreamSink& sink) {
  if (!started_) return;
  acknowledged_ = std::max(acknowledged_, unwrap(number));
  if (!waiting_.empty() && acknowledged_ > next_ && ++late_ > late_segments) give_up_first(sink);
}

void TcpReassembly::begins_at(std::uint32_t number) noexcept {
  if (std::exchange(started_, true)) return;
  unheard_ = true;
  next_ = first_ = origin + number;
}

void TcpReassembly::finish(const Moment& moment, StreamSink& sink) {
  while (!waiting_.empty()) give_up_first(sink);
  // A FIN's own place is one beyond its last byte and is acknowledged too.
  const auto known = end_ ? std::min(acknowledged_, *end_) : acknowledged_;
  if (!started_ || known <= next_) return;
  // No unit has one byte: it is the FIN, which was not captured, either.
  if (unheard_ && known == next_ + 1) return;
  const auto lost = known - next_;
  next_ += lost;
  recent_.clear();
  sink.missing(lost, no_earlier(moment));
}

}  // namespace mig::replay
