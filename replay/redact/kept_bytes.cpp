// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/kept_bytes.hpp"

#include <algorithm>
#include <cassert>

namespace mig::replay {
namespace {

constexpr std::byte cross{'x'};

/// The part of `bytes`, which are at `offset`, that lies in `range`.
std::span<std::byte> common(StreamRange range, std::uint64_t offset, std::span<std::byte> bytes) {
  const auto from = std::clamp(range.begin, offset, offset + bytes.size()) - offset;
  const auto to = std::clamp(range.end, offset, offset + bytes.size()) - offset;
  return bytes.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to > from ? to - from : 0));
}

}  // namespace

std::size_t KeptStream::size_of(std::size_t run) const noexcept {
  return (run + 1 < runs_.size() ? runs_[run + 1].at : bytes_.size()) - runs_[run].at;
}

void KeptStream::keep(std::uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return;
  const auto end = runs_.empty() ? 0 : runs_.back().begin + size_of(runs_.size() - 1);
  assert(runs_.empty() || offset >= end);
  if (runs_.empty() || offset != end) runs_.push_back({offset, bytes_.size()});
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void KeptStream::replace(std::uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return;
  const auto run = first_run_behind(offset);
  assert(run < runs_.size() && runs_[run].begin <= offset &&
         offset + bytes.size() <= runs_[run].begin + size_of(run));
  const auto at = runs_[run].at + static_cast<std::size_t>(offset - runs_[run].begin);
  std::ranges::copy(bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
}

void KeptStream::cross_out(StreamRange range) {
  if (!crossed_out_.empty() && crossed_out_.back().end == range.begin) {
    crossed_out_.back().end = range.end;
  } else {
    crossed_out_.push_back(range);
  }
}

/// The first run that ends behind `offset`.
std::size_t KeptStream::first_run_behind(std::uint64_t offset) const noexcept {
  const auto next = std::ranges::upper_bound(runs_, offset, {}, &Run::begin) - runs_.begin();
  const auto run = static_cast<std::size_t>(std::max<std::ptrdiff_t>(next - 1, 0));
  return !runs_.empty() && runs_[run].begin + size_of(run) <= offset ? run + 1 : run;
}

void KeptStream::fill_crossed_out(std::uint64_t offset, std::span<std::byte> bytes) const {
  auto range = std::ranges::upper_bound(crossed_out_, offset, {}, &StreamRange::end);
  for (; range != crossed_out_.end() && range->begin < offset + bytes.size(); ++range)
    std::ranges::fill(common(*range, offset, bytes), cross);
  std::ranges::fill(common({end_, offset + bytes.size()}, offset, bytes), cross);
}

std::size_t KeptStream::fill(std::uint64_t offset, std::span<std::byte> bytes) const {
  std::ranges::fill(bytes, std::byte{});
  if (runs_.empty()) return 0;
  fill_crossed_out(offset, bytes);
  std::size_t kept = 0;
  for (auto run = first_run_behind(offset); run < runs_.size() && runs_[run].begin < offset + bytes.size();
       ++run) {
    const auto to = common({runs_[run].begin, runs_[run].begin + size_of(run)}, offset, bytes);
    const auto skipped = static_cast<std::size_t>(std::max(runs_[run].begin, offset) - runs_[run].begin);
    std::ranges::copy(Bytes(bytes_).subspan(runs_[run].at + skipped, to.size()), to.begin());
    kept += to.size();
  }
  return kept;
}

}  // namespace mig::replay
