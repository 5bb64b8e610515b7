// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/sha256.hpp"

#include <array>
#include <cstdint>

namespace mig::replay {

void Sha256::add(std::string_view text) noexcept {
  nettle_sha256_update(&state_, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
}

std::string Sha256::hex() const {
  auto copy = state_;  // the digest ends it
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  nettle_sha256_digest(&copy, digest.size(), digest.data());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto byte : digest) {
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
  return out;
}

}  // namespace mig::replay
