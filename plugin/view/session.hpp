// SPDX-License-Identifier: GPL-2.0-or-later
// What lives as long as a capture file is open, and which conversation of it is which connection.
#pragma once
#include <cstdint>

#include "plugin/model/capture.hpp"
#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

/// A conversation of Wireshark's that is, or may become, a connection of a migration.
struct ConversationState {
  Connection* connection = nullptr;
  Host source;
  std::uint32_t source_port = 0;
  bool rejected = false;         ///< its first bytes are those of no channel
  std::uint32_t data_frame = 0;  ///< the last frame whose bytes were handed over
};

/// The protocol's number, once it is registered.
[[nodiscard]] int protocol() noexcept;
void set_protocol(int number) noexcept;

/// Drops all that is known of the file.
void forget_capture();
/// nullptr before the first connection of the file.
[[nodiscard]] Capture* current_capture() noexcept;

[[nodiscard]] ConversationState* state_of(packet_info* pinfo);
/// A new state for this packet's conversation. The packet's sender is the source, if `forward`.
ConversationState& new_state(packet_info* pinfo, bool forward, Joined joined);
[[nodiscard]] Direction direction_of(const ConversationState& state, const packet_info* pinfo);
[[nodiscard]] Host host_of(const address& address) noexcept;
/// True if migrations between sender and receiver are known, whichever is the source.
[[nodiscard]] bool migrations_known(const packet_info* pinfo);

}  // namespace mig::plugin
