// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/output_stack.hpp"

#include <algorithm>
#include <functional>

namespace mig::proxy {
namespace {

bool lies_in(Bytes bytes, Bytes whole) noexcept {
  const std::less_equal<> before;
  return before(whole.data(), bytes.data()) &&
         before(bytes.data() + bytes.size(), whole.data() + whole.size());
}

/// The note of a unit that a frame keeps from arriving. What a rule inside has decided stays said.
void mark(Step& step, const Frame& frame) {
  auto* note = std::get_if<Note>(&step);
  if (note == nullptr) return;
  note->observed = false;
  if (note->rule) return;
  note->decision = frame.decision;
  note->rule = frame.rule;
}

/// The note of a package whose length was put right says the length that is sent.
void tell_length(Step& step, std::uint32_t length) {
  auto* note = std::get_if<Note>(&step);
  if (note == nullptr) return;
  if (auto* begin = std::get_if<PackageBegin>(&note->event.body)) begin->length = length;
  if (auto* end = std::get_if<PackageEnd>(&note->event.body)) end->length = length;
}

/// Cuts the unit short, and the stream goes on.
bool is_truncating(const Frame& frame) {
  if (frame.kind == Frame::Kind::collect) return frame.then == Frame::Then::truncate;
  return frame.kind == Frame::Kind::window && frame.stop_at_cut && frame.at_cut.empty();
}

/// Whether a step still makes sense where its bytes do not leave.
bool outlives_its_bytes(const Step& step) {
  return std::holds_alternative<Note>(step) || std::holds_alternative<StartTimer>(step) ||
         std::holds_alternative<Close>(step);
}

}  // namespace

void OutputStack::begin(OutputPlan& plan, Bytes chunk) noexcept {
  plan_ = &plan;
  chunk_ = chunk;
}

void OutputStack::end() noexcept {
  plan_ = nullptr;
  chunk_ = kept_ = {};
}

void OutputStack::push(Frame frame) {
  frames_.push_back(std::move(frame));
  check_cut(frames_.size());
}

void OutputStack::push_under(Frame frame) {
  frame.level = Level::none;
  frame.position = sent_;
  const auto above =
      std::find_if(frames_.begin(), frames_.end(), [](const Frame& f) { return f.level != Level::none; });
  const auto place = static_cast<std::size_t>(above - frames_.begin());
  frames_.insert(above, std::move(frame));
  check_cut(place + 1);
}

bool OutputStack::idle() const noexcept { return frames_.empty() || frames_.back().level == Level::none; }

bool OutputStack::discarding() const noexcept {
  return muted_ || std::any_of(frames_.begin(), frames_.end(), [](const Frame& f) {
           return f.kind == Frame::Kind::discard || (f.cut && f.stop_at_cut) ||
                  (f.kind == Frame::Kind::collect && f.then == Frame::Then::hold);
         });
}

void OutputStack::pass(std::size_t depth, Bytes bytes) {
  if (bytes.empty()) return;
  if (depth == 0) return to_plan(bytes);
  switch (frames_[depth - 1].kind) {
    case Frame::Kind::discard: return;
    case Frame::Kind::patch: return pass_patched(depth, bytes);
    case Frame::Kind::window: return pass_window(depth, bytes);
    case Frame::Kind::collect: return collect(depth, bytes);
  }
}

void OutputStack::pass(std::size_t depth, const Step& step) {
  if (depth == 0) return to_plan(step);
  auto& frame = frames_[depth - 1];
  if (frame.kind == Frame::Kind::collect) {
    frame.steps.emplace_back(frame.bytes.size(), step);
    return;
  }
  const bool past_cut = frame.cut && frame.stop_at_cut && frame.position > frame.keep;
  if (frame.kind == Frame::Kind::discard || past_cut) {
    if (!outlives_its_bytes(step)) return;
    auto marked = step;
    mark(marked, frame);
    return pass(depth - 1, marked);
  }
  pass(depth - 1, step);
}

void OutputStack::pass_window(std::size_t depth, Bytes bytes) {
  auto& frame = frames_[depth - 1];
  const auto room = frame.keep - std::min(frame.keep, frame.position);
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()));
  frame.position += bytes.size();
  pass(depth - 1, bytes.first(n));
  check_cut(depth);
  if (!frame.stop_at_cut) return pass(depth - 1, bytes.subspan(n));
  frame.changed = frame.changed || (n < bytes.size() && !ends_below(depth - 1));
}

void OutputStack::check_cut(std::size_t depth) {
  auto& frame = frames_[depth - 1];
  if (frame.kind != Frame::Kind::window || frame.cut || frame.position < frame.keep) return;
  frame.cut = true;
  if (frame.asks && !owner_->may_act(frame)) {
    frame.stop_at_cut = false;
    return;
  }
  for (const auto& step : frame.at_cut) pass(depth - 1, step);
}

void OutputStack::pass_patched(std::size_t depth, Bytes bytes) {
  auto& frame = frames_[depth - 1];
  const auto begin = frame.position;
  frame.position += bytes.size();
  const auto touches = [&](const BytePatch& p) { return p.at >= begin && p.at < frame.position; };
  if (std::none_of(frame.patches.begin(), frame.patches.end(), touches)) return pass(depth - 1, bytes);
  if (frame.asks && !frame.changed && !owner_->may_act(frame)) {
    frame.patches.clear();
    return pass(depth - 1, bytes);
  }
  std::vector<std::byte> changed(bytes.begin(), bytes.end());
  std::size_t done = 0;
  for (const auto& patch : frame.patches) {
    if (!touches(patch)) continue;
    const auto at = static_cast<std::size_t>(patch.at - begin);
    // What stands in front goes first: a window below may end there, and then the byte does not leave.
    if (at > done) pass(depth - 1, Bytes(changed).subspan(done, at - done));
    done = std::max(done, at);
    auto& byte = changed[at];
    const auto before = byte;
    byte = patch.flip ? byte ^ patch.value : patch.value;
    if (byte == before) continue;
    (is_blocked(depth - 1) ? frame.blocked : frame.changed) = true;
  }
  pass(depth - 1, Bytes(changed).subspan(done));
}

/// Nothing passed to `depth` is sent.
bool OutputStack::is_blocked(std::size_t depth) const noexcept {
  const auto end = frames_.begin() + static_cast<std::ptrdiff_t>(depth);
  const bool cut = std::any_of(frames_.begin(), end, [](const Frame& f) { return f.cut && f.stop_at_cut; });
  return cut || ends_below(depth);
}

/// The same, and not because the unit was cut short already.
bool OutputStack::ends_below(std::size_t depth) const noexcept {
  const auto end = frames_.begin() + static_cast<std::ptrdiff_t>(depth);
  return muted_ || std::any_of(frames_.begin(), end, [](const Frame& f) {
           return f.kind == Frame::Kind::discard || (f.cut && f.stop_at_cut && !f.at_cut.empty());
         });
}

void OutputStack::collect(std::size_t depth, Bytes bytes) {
  auto& frame = frames_[depth - 1];
  frame.bytes.insert(frame.bytes.end(), bytes.begin(), bytes.end());
  if (frame.bytes.size() <= limit_) return;
  owner_->too_long(frame);
  Frame collected = std::move(frame);
  frame = Frame{};
  frame.level = collected.level;
  pass_collected(depth - 1, collected);
}

/// Lets what a frame has collected go on, each step at its place.
void OutputStack::pass_collected(std::size_t depth, Frame& frame) {
  Bytes rest(frame.bytes);
  if (depth == 0 && plan_ != nullptr) rest = kept_ = plan_->keep(std::move(frame.bytes));
  std::size_t done = 0;
  const auto size = rest.size();
  for (const auto& [at, step] : frame.steps) {
    const auto until = std::min(at, size);
    pass(depth, rest.subspan(done, until - done));
    done = until;
    pass(depth, step);
  }
  pass(depth, rest.subspan(done));
}

void OutputStack::close_level(Level level) {
  while (!idle() && frames_.back().level <= level) {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    finish(std::move(frame));
  }
}

void OutputStack::finish(Frame frame) {
  const auto below = frames_.size();
  const bool edits = frame.kind == Frame::Kind::patch || is_truncating(frame);
  if (frame.then == Frame::Then::truncate) (ends_below(below) ? frame.blocked : frame.changed) = true;
  if (edits && !frame.changed) owner_->changed_nothing(frame);
  // A unit shorter than after=: the cut comes at its end.
  if (frame.kind == Frame::Kind::window && !frame.cut)
    for (const auto& step : frame.at_cut) pass(below, step);
  if (frame.kind != Frame::Kind::collect) return;
  switch (frame.then) {
    case Frame::Then::pass: break;
    case Frame::Then::duplicate: {
      const auto copy = frame.bytes;
      pass_collected(below, frame);
      if (copy.empty() || is_blocked(below)) {
        frame.blocked = true;
        return owner_->changed_nothing(frame);
      }
      return pass(below, Bytes(copy));
    }
    case Frame::Then::truncate: {
      const auto size = frame.bytes.size();
      frame.bytes.resize(size - static_cast<std::size_t>(std::min<std::uint64_t>(frame.by, size)));
      break;
    }
    case Frame::Then::hold: {
      auto bytes = std::exchange(frame.bytes, {});
      owner_->taken_out(frame, std::move(bytes));
      std::erase_if(frame.steps, [](const auto& entry) { return !outlives_its_bytes(entry.second); });
      for (auto& entry : frame.steps) mark(entry.second, frame);
      break;
    }
    case Frame::Then::repair_length: {
      // Where the connection ends inside the package its length is what it would have been.
      if (std::any_of(frame.steps.begin(), frame.steps.end(),
                      [](const auto& entry) { return std::holds_alternative<Close>(entry.second); }))
        break;
      const auto length = frame.bytes.size() - static_cast<std::size_t>(frame.header);
      for (std::size_t i = 0; i < 4; ++i)
        frame.bytes[static_cast<std::size_t>(frame.length_at) + i] =
            static_cast<std::byte>(length >> (24 - 8 * i) & 0xff);
      for (auto& entry : frame.steps) tell_length(entry.second, static_cast<std::uint32_t>(length));
      break;
    }
  }
  pass_collected(below, frame);
}

void OutputStack::give_up() {
  for (auto& frame : frames_) {
    if (frame.level == Level::none) continue;
    if (frame.kind == Frame::Kind::collect) frame.then = Frame::Then::pass;
    frame.at_cut.clear();
    frame.patches.clear();
  }
  close_level(Level::package);
}

void OutputStack::to_plan(Bytes bytes) {
  if (muted_ || plan_ == nullptr) return;
  sent_ += bytes.size();
  if (lies_in(bytes, chunk_) || lies_in(bytes, kept_)) {
    plan_->forward(bytes);
  } else {
    plan_->send_copy(bytes);
  }
}

void OutputStack::to_plan(const Step& step) {
  if (muted_ || plan_ == nullptr) return;
  if (std::holds_alternative<Close>(step)) muted_ = true;
  plan_->add(step);
}

}  // namespace mig::proxy
