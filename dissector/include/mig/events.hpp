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
                 RecvBitmap, RecvBitmapEnd, ResumeAck, SwitchoverAck, MultifdInit, MultifdPacket, MultifdPage,
                 MultifdDeviceState, Payload, Unparsed, Missing, Resynchronised, Confirmed>;

struct Event {
  StreamRange range;
  EventBody body;
};
static_assert(std::is_trivially_copyable_v<Event> && sizeof(Event) <= 64);

/// True for the header of a unit; false for what belongs to the unit before it (payload, discard ranges,
/// block entries, page offsets, capabilities, the mark behind a bitmap, package end, missing and unparsed
/// bytes) and for what a parser says of itself.
[[nodiscard]] bool starts_unit(const EventBody& body) noexcept;

}  // namespace mig
