// SPDX-License-Identifier: GPL-2.0-or-later
// Everything a parser can say about a stream: small copyable values. Texts are ids into StreamTables.
#pragma once
#include <type_traits>
#include <variant>

#include "mig/events/iterative.hpp"
#include "mig/events/main_channel.hpp"
#include "mig/events/multifd.hpp"
#include "mig/events/ram.hpp"
#include "mig/events/return_path.hpp"
#include "mig/events/unframed.hpp"
#include "mig/stream_ids.hpp"

namespace mig {

using EventBody =
    std::variant<FileHeader, Configuration, TargetPageBits, Capabilities, Capability, MachineUuid,
                 SectionHeader, SectionFooter, EndOfStream, VmDescription, Command, Ping, PostcopyAdvise,
                 RamDiscard, DiscardRange, PackageBegin, PackageEnd, RecvBitmapRequest, RamBlockList,
                 RamBlockEntry, RamBlockPageSize, RamBlockAddress, MappedRamHeader, PageRecord, RamEos,
                 MultifdFlush, RamHook, DirtyBitmapChunk, DirtyBitmapName, DirtyBitmapStart, DirtyBitmapBits,
                 BlockChunk, VfioRecord, HtabHeader, HtabRecord, S390Record, Shut, Pong, PageRequest,
                 RecvBitmap, RecvBitmapEnd, ResumeAck, SwitchoverAck, UnknownMessage, MultifdInit,
                 MultifdPacket, MultifdPage, MultifdDeviceState, Payload, Unparsed, Missing, Resynchronised,
                 Confirmed>;

/// What may begin and end: a unit, a section with all its units, a package with all of its sections and
/// units.
enum class Level : std::uint8_t { none, unit, section, package };

/// Where an event is in its unit, and the unit among others. A unit whose end no event carries (a list
/// without a count, a configuration) ends where the next one begins. Of an event that a program makes itself:
/// a whole unit.
struct Extent {
  static constexpr std::uint32_t unknown = 0xffffffff;

  std::uint32_t left = 0;      ///< bytes of the unit behind this event; `unknown` too where they are too many
  Level begins = Level::unit;  ///< by this event's first byte
  Level ends = Level::unit;    ///< by its last byte: the widest; a footer ends its section
  bool in_section = false;     ///< else a section that was open before has ended, without a footer
  /// It belongs to the unit before it; the end of a package is part of none.
  [[nodiscard]] constexpr bool continues() const noexcept {
    return begins == Level::none && ends != Level::package;
  }
  friend bool operator==(const Extent&, const Extent&) = default;
};
/// What is no unit, nor part of one.
inline constexpr Extent no_extent{0, Level::none, Level::none, false};

struct Event {
  StreamRange range;
  EventBody body;
  Extent extent{};
};
static_assert(std::is_trivially_copyable_v<Event> && sizeof(Event) <= 64);

/// True for a header with a name of its own (also of a subsection of the configuration); false for what
/// belongs to a unit without one (payload, discard ranges, block entries, page offsets, the mark behind a
/// bitmap), for the end of a package and missing and unparsed bytes, and for what a parser says of itself.
[[nodiscard]] bool starts_unit(const EventBody& body) noexcept;

}  // namespace mig
