// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/sequencer.hpp"

#include <algorithm>

namespace mig::plugin {

/// Relative sequence numbers count the handshake as byte 0, so a stream whose first segment says more than 1
/// has lost its beginning. Absolute ones are some random number.
void Sequencer::start(std::uint32_t sequence) {
  constexpr std::uint32_t largest_relative = 1U << 20;
  started_ = true;
  base_ = sequence > 1 && sequence <= largest_relative ? 1 : sequence;
}

Sequencer::Disposition Sequencer::accept(const Segment& segment, Output& out) {
  if (!started_) start(segment.sequence);
  const auto expected = base_ + static_cast<std::uint32_t>(next_);
  const auto delta = static_cast<std::int32_t>(segment.sequence - expected);
  if (delta < 0 && static_cast<std::uint64_t>(-static_cast<std::int64_t>(delta)) > next_)
    return Disposition::old;
  const auto begin = next_ + static_cast<std::uint64_t>(static_cast<std::int64_t>(delta));
  if (delta > 0) {
    wait(begin, segment);
    bool fed = false;
    while (lost_patience()) {
      out.gap(waiting_.begin()->first - next_);
      next_ = waiting_.begin()->first;
      fed = release(out) || fed;
    }
    return next_ > begin ? Disposition::fed : Disposition::waits;
  }
  if (!put(begin, segment, out)) return Disposition::old;
  release(out);
  return Disposition::fed;
}

Sequencer::Disposition Sequencer::accept_next(Segment segment, Output& out) {
  started_ = true;
  segment.sequence = base_ + static_cast<std::uint32_t>(next_);
  return accept(segment, out);
}

bool Sequencer::put(std::uint64_t begin, const Segment& segment, Output& out) {
  if (begin + segment.size <= next_) return false;
  const auto overlap = static_cast<std::uint32_t>(next_ - begin);
  const auto known = std::min<std::size_t>(overlap, segment.bytes.size());
  const auto size = segment.size - overlap;
  next_ += size;
  out.piece({next_ - size, segment.bytes.subspan(known), size, overlap, segment.visit});
  return true;
}

void Sequencer::wait(std::uint64_t begin, const Segment& segment) {
  waiting_bytes_ += segment.bytes.size();
  waiting_.emplace(begin, Waiting{{segment.bytes.begin(), segment.bytes.end()}, segment.size, segment.visit});
}

bool Sequencer::lost_patience() const noexcept {
  if (waiting_.empty()) return false;
  const bool far = waiting_.begin()->first - next_ > far_away;
  const auto patience = far ? std::max(window_, 1U) : window_;
  return waiting_.size() > patience || waiting_bytes_ > max_waiting_bytes;
}

/// Hands out what has waited and now continues the stream.
bool Sequencer::release(Output& out) {
  bool fed = false;
  while (!waiting_.empty() && waiting_.begin()->first <= next_) {
    const auto node = waiting_.extract(waiting_.begin());
    const auto& held = node.mapped();
    waiting_bytes_ -= held.bytes.size();
    fed = put(node.key(), {0, held.bytes, held.size, held.visit}, out) || fed;
  }
  return fed;
}

}  // namespace mig::plugin
