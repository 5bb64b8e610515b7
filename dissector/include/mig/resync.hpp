// SPDX-License-Identifier: GPL-2.0-or-later
// What a parser does where it does not know its place in the stream. docs/architecture.md, "Lost places".
#pragma once
#include <cstdint>

#include "mig/stream_ids.hpp"

namespace mig {

enum class Resync : std::uint8_t {
  never,            ///< the first error is final: for those who act on the stream
  after_loss,       ///< search for the next place that can be read on from
  from_the_middle,  ///< the same, and begin by it: the first bytes are from the middle of the channel
};

/// By what a parser found a place that can be read on from.
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

/// A place that was found, and what was learnt by finding it.
struct Place {
  Anchor anchor = Anchor::none;
  BlockId block = no_block;     ///< ram_records: the block of the records, where one of them named it
  std::uint32_t page_size = 0;  ///< ram_records: the target page size by their distances; 0: not seen
};

}  // namespace mig
