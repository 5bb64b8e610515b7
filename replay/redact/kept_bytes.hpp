// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/stream_ids.hpp"

namespace mig::replay {

/// What stays of one direction of a connection. All else is filled: with zeros, or with `x` where bytes could
/// not be read, as no element of a stream begins with it and zeros would read as the end of the stream.
class KeptStream {
 public:
  /// `bytes` stay at `offset`, which is not below the end of what was kept before.
  void keep(std::uint64_t offset, Bytes bytes);
  /// Other bytes at a place within what was kept.
  void replace(std::uint64_t offset, Bytes bytes);
  /// The range reads as `x`. Ranges come in ascending order.
  void cross_out(StreamRange range);
  /// What was not read by here is crossed out, too.
  void end_at(std::uint64_t offset) noexcept { end_ = offset; }

  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
  /// All of `bytes`, which are at `offset`, are overwritten. Returns how many of them are kept ones.
  std::size_t fill(std::uint64_t offset, std::span<std::byte> bytes) const;

 private:
  struct Run {
    std::uint64_t begin = 0;  // in the stream
    std::size_t at = 0;       // in bytes_; up to that of the next run
  };
  [[nodiscard]] std::size_t size_of(std::size_t run) const noexcept;
  [[nodiscard]] std::size_t first_run_behind(std::uint64_t offset) const noexcept;
  void fill_crossed_out(std::uint64_t offset, std::span<std::byte> bytes) const;

  std::vector<Run> runs_;  // ascending, not touching
  std::vector<std::byte> bytes_;
  std::vector<StreamRange> crossed_out_;
  std::uint64_t end_ = 0;
};

}  // namespace mig::replay
