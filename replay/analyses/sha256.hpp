// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <nettle/sha2.h>

#include <string>
#include <string_view>

namespace mig::replay {

/// A running SHA-256. Nettle's: OpenSSL's takes longer to start than a small capture takes to be read.
class Sha256 {
 public:
  Sha256() noexcept { nettle_sha256_init(&state_); }
  void add(std::string_view text) noexcept;
  /// 64 hex digits of what was added so far.
  [[nodiscard]] std::string hex() const;

 private:
  sha256_ctx state_;
};

}  // namespace mig::replay
