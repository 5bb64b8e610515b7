// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/run_state.hpp"

#include <algorithm>

#include "mig/bytes.hpp"

namespace mig {

bool set_paused(std::span<std::byte> payload) noexcept {
  constexpr std::size_t length_size = 4, buffer_size = run_state_size - length_size;
  constexpr std::string_view paused("paused\0", 7);
  if (payload.size() < run_state_size || load_be32(payload) > buffer_size) return false;
  payload[0] = payload[1] = payload[2] = std::byte{};
  payload[3] = static_cast<std::byte>(paused.size());
  const auto text = payload.subspan(length_size, buffer_size);
  std::ranges::fill(text, std::byte{});
  std::ranges::copy(as_bytes(paused), text.begin());
  return true;
}

}  // namespace mig
