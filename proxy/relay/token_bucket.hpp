// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mig::proxy {

/// Limits bytes per second. Holds at most 20 ms worth, so that a slow link is slow in small steps.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0: no limit.
  void set_rate(std::uint64_t bytes_per_second, Clock::time_point now) {
    rate_ = static_cast<double>(bytes_per_second);
    depth_ = std::max(1.0, rate_ / 50);
    tokens_ = 0;
    last_ = now;
  }
  [[nodiscard]] bool limits() const noexcept { return rate_ > 0; }

  /// Bytes that may be sent now.
  [[nodiscard]] std::size_t available(Clock::time_point now) {
    tokens_ = std::min(depth_, tokens_ + std::chrono::duration<double>(now - last_).count() * rate_);
    last_ = now;
    return static_cast<std::size_t>(tokens_);
  }
  void take(std::size_t bytes) noexcept { tokens_ -= static_cast<double>(bytes); }
  /// Until `bytes` (or a full bucket) may be sent.
  [[nodiscard]] std::chrono::nanoseconds time_until(std::size_t bytes) const {
    const double missing = std::min(static_cast<double>(bytes), depth_) - tokens_;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::max(0.0, missing / rate_) * 1e9) + 1);
  }

 private:
  double rate_ = 0;
  double depth_ = 0;
  double tokens_ = 0;
  Clock::time_point last_;
};

}  // namespace mig::proxy
