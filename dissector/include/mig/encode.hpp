// SPDX-License-Identifier: GPL-2.0-or-later
// The few units that a program may have to write itself: short commands and return path messages, and records
// that must say a name which they left out. The layouts are those of events.hpp.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/events.hpp"

namespace mig {

/// The bytes of a Ping, Command, EndOfStream, Pong, Shut, ResumeAck, SwitchoverAck or PageRequest; empty for
/// any other body. `block` is the name that a PageRequest carries.
[[nodiscard]] std::vector<std::byte> encode(const EventBody& body, std::string_view block = {});

/// `raw` of a PageRecord or PageRequest that names no block, with the name put in; a copy of `raw` for
/// anything else. `block` is at most 255 bytes.
[[nodiscard]] std::vector<std::byte> with_block_name(const EventBody& body, Bytes raw,
                                                     std::string_view block);

}  // namespace mig
