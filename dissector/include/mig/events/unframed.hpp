// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes without a header of their own, and what a parser says of itself.
#pragma once
#include <cstdint>
#include <optional>

#include "mig/parse_error.hpp"

namespace mig {

enum class PayloadKind : std::uint8_t {
  page,
  device_state,
  vm_description,
  dirty_bitmap,
  block_data,
  vfio_data,
  htab_data,
  s390_data,
  received_bitmap,
  unknown_message,
  mapped_ram_bitmap,
  mapped_ram_pages,
  multifd_unused_offsets,
  multifd_data,
  after_end,
};
/// A piece of the payload of the unit before it, as it arrived. `offset` counts from the first byte of that
/// payload.
struct Payload {
  PayloadKind kind = PayloadKind::page;
  std::uint64_t offset = 0;
};
/// Bytes that could not be read: from an error of the direction on, to its end or to where the parser is
/// Resynchronised.
struct Unparsed {
  ParseErrc cause = ParseErrc::none;
};
/// Bytes that the capture does not have. Its raw is empty though its range is not.
struct Missing {
  /// The piece of payload that they are: the framing did not need them. nullopt: the framing is lost by them,
  /// or was before.
  std::optional<Payload> of;
};
/// What a search resynchronised on.
enum class Anchor : std::uint8_t {
  none,
  footer,       ///< a section footer, and a plausible element behind it
  ram_eos,      ///< the end of a section's RAM records, its footer, and a plausible element
  command,      ///< a command, and plausible elements behind it
  ram_records,  ///< RAM records that follow each other at the distance of their sizes
  package_end,  ///< the package's length, which was read before the loss
  messages,     ///< return path messages that follow each other
  bitmap_end,   ///< the mark behind a received bitmap
  packet,       ///< the header of a multifd packet
};
/// Empty range, a resync point: the framing was lost `lost` bytes before (Unparsed and Missing), and parsing
/// continues here. What follows is well founded, but a guess until Confirmed; a wrong guess ends in Unparsed.
struct Resynchronised {
  Anchor anchor = Anchor::none;
  std::uint64_t lost = 0;
};
/// Empty range: the units since Resynchronised fit together too well to be chance.
struct Confirmed {};

}  // namespace mig
