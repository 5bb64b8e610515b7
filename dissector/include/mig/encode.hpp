// SPDX-License-Identifier: GPL-2.0-or-later
// Headers of units that a program writes itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/events.hpp"

namespace mig {

/// The header as its layout has it; empty for what has none. `text` is the name that the unit carries, at
/// most 255 bytes; bytes that the body does not keep (versions of subsections, unused ones of multifd) are
/// zeros.
[[nodiscard]] std::vector<std::byte> encode(const EventBody& body, std::string_view text = {});

/// `raw` of a PageRecord or PageRequest that names no block, with the name put in; a copy of `raw` for
/// anything else. `block` is at most 255 bytes.
[[nodiscard]] std::vector<std::byte> with_block_name(const EventBody& body, Bytes raw,
                                                     std::string_view block);

using FieldValue = std::variant<std::uint64_t, std::string_view>;

/// `raw`, the header of `body`, with another value of a field. Of two numbers in one word the other one
/// stays; lengths that count a text are counted again. nullopt: no field of that name and kind is on the
/// wire, or the value does not fit.
[[nodiscard]] std::optional<std::vector<std::byte>> set_field(const EventBody& body, Bytes raw,
                                                              std::string_view field,
                                                              const FieldValue& value);

/// What a receiver reads where `header` has come instead of that of `body`. Names stay those of `body`: there
/// are no ids for others. nullopt: it is no such unit any more.
[[nodiscard]] std::optional<EventBody> read_again(const EventBody& body, Bytes header,
                                                  std::uint32_t page_size);

}  // namespace mig
