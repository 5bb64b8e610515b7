// SPDX-License-Identifier: GPL-2.0-or-later
// Everything a parser can say about a stream: small copyable values. Texts are ids into StreamTables.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "mig/parse_error.hpp"

namespace mig {

enum class Direction : std::uint8_t { forward, return_path };  // source -> destination, and back

/// What one TCP connection of a migration carries.
enum class ChannelKind : std::uint8_t { unknown, main, main_resumed, multifd, preempt, tls };

/// Half-open range of one direction of one connection, in bytes since its first byte.
struct StreamRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const noexcept { return end - begin; }
  friend bool operator==(const StreamRange&, const StreamRange&) = default;
};

enum class NameId : std::uint32_t {};     ///< a text of the migration, see StreamTables::name
enum class BlockId : std::uint32_t {};    ///< a RAM block of the migration, see StreamTables::block
enum class SectionId : std::uint32_t {};  ///< section id as on the wire
inline constexpr NameId no_name{0xffffffff};
inline constexpr BlockId no_block{0xffffffff};

// ---- main channel ----

/// be32 magic "QEVM", be32 version. Source: migration/savevm.c qemu_savevm_state_header().
struct FileHeader {
  std::uint32_t version = 0;
};

/// u8 0x07, be32 n, n bytes of machine type. Subsections follow as events of their own.
struct Configuration {
  NameId machine = no_name;
};
/// u8 0x05, cstr "configuration/target-page-bits", be32 version, be32 bits.
struct TargetPageBits {
  std::uint32_t bits = 0;
};
/// u8 0x05, cstr "configuration/capabilities", be32 version, be32 count. The names follow as Capability
/// events.
struct Capabilities {
  std::uint32_t count = 0;
};
/// cstr: one capability that both sides must have.
struct Capability {
  NameId name = no_name;
};
/// u8 0x05, cstr "configuration/uuid", be32 version, 16 bytes.
struct MachineUuid {
  std::array<std::uint8_t, 16> uuid{};
};

enum class SectionType : std::uint8_t { start = 1, part = 2, end = 3, full = 4 };  // QEMU_VM_SECTION_*

/// START, FULL: u8 type, be32 id, cstr idstr, be32 instance id, be32 version id. PART, END: u8 type, be32 id;
/// the rest of this event is then what the START said. Source: migration/savevm.c save_section_header().
struct SectionHeader {
  SectionId section{};
  NameId idstr = no_name;
  std::uint32_t instance_id = 0;
  std::uint32_t version_id = 0;
  SectionType type = SectionType::start;
  bool in_package = false;
};
/// u8 0x7e, be32 id. `expected` is the id of the section that is open; QEMU refuses another one.
struct SectionFooter {
  SectionId section{};
  SectionId expected{};
  bool in_package = false;
};

/// QEMU_VM_EOF, one byte 0: ends the stream.
struct EndOfStream {};
/// u8 0x06, be32 length of the JSON text that follows as Payload.
struct VmDescription {
  std::uint32_t length = 0;
};

/// migration/savevm.c MIG_CMD_*. The number is the wire's.
enum class CommandType : std::uint8_t {
  invalid,
  open_return_path,
  ping,
  postcopy_advise,
  postcopy_listen,
  postcopy_run,
  postcopy_ram_discard,
  packaged,
  enable_colo,
  postcopy_resume,
  recv_bitmap,
  switchover_start,
};
/// A command without payload: open_return_path, listen, run, resume, enable_colo, switchover_start.
/// All commands: u8 0x08, be16 command, be16 payload length, payload.
struct Command {
  CommandType type = CommandType::invalid;
  bool in_package = false;
};
struct Ping {
  std::uint32_t value = 0;
  bool in_package = false;
};
/// length 16: be64 page size summary, be64 target page size; length 0 where only dirty bitmaps may go
/// postcopy.
struct PostcopyAdvise {
  std::uint64_t page_size_summary = 0;
  std::uint64_t target_page_size = 0;
  std::uint16_t length = 0;
};
/// u8 version 0, cstr block, u8 0, then `ranges` DiscardRange events.
struct RamDiscard {
  BlockId block = no_block;
  std::uint16_t length = 0;
  std::uint16_t ranges = 0;
};
/// be64 start, be64 length, bytes within the block.
struct DiscardRange {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
};
/// PACKAGED: be32 length; that many bytes follow, an inner stream of units that ends with PackageEnd.
struct PackageBegin {
  std::uint32_t length = 0;
};
/// Emitted when the package's last byte was taken: the one event of empty range.
struct PackageEnd {
  std::uint32_t length = 0;
};
/// RECV_BITMAP command: cstr block. The answer is RecvBitmap on the return path.
struct RecvBitmapRequest {
  BlockId block = no_block;
};

// ---- RAM section (migration/ram.c) ----

/// be64 total | MEM_SIZE: the block list follows, one RamBlockEntry (and its conditional fields) per block.
struct RamBlockList {
  std::uint64_t total = 0;
};
struct RamBlockEntry {
  BlockId block = no_block;
  std::uint64_t used_length = 0;
};  // cstr name, be64
struct RamBlockPageSize {
  BlockId block = no_block;
  std::uint64_t page_size = 0;
};  // be64, huge-page blocks
struct RamBlockAddress {
  BlockId block = no_block;
  std::uint64_t address = 0;
};  // be64, x-ignore-shared
/// be32 version, be64 page size, be64 bitmap offset, be64 pages offset; bitmap and pages follow as Payload.
struct MappedRamHeader {
  BlockId block = no_block;
  std::uint32_t version = 0;
  std::uint64_t bitmap_offset = 0;
  std::uint64_t pages_offset = 0;
};

enum class PageEncoding : std::uint8_t { plain, zero, xbzrle, compressed };

/// A guest page as announced inside a RAM section or on the preempt channel; its bytes follow as Payload.
///
/// be64 offset|flags; unless CONTINUE, cstr block; zero page: u8 fill; XBZRLE: u8 1, be16 length; compressed:
/// be32 length. Source: migration/ram.c save_page_header(); flag values RAM_SAVE_FLAG_*.
struct PageRecord {
  BlockId block = no_block;
  std::uint32_t payload_size = 0;  ///< bytes that follow; 0 for a zero page
  std::uint64_t page_offset = 0;   ///< bytes from the start of the RAM block, multiple of the page size
  std::uint16_t flags = 0;         ///< RAM_SAVE_FLAG_* as on the wire
  PageEncoding encoding = PageEncoding::plain;
  std::uint8_t fill = 0;     ///< zero page: the byte it is filled with
  bool names_block = false;  ///< the record carries the name (CONTINUE clear)
};
struct RamEos {};        ///< be64 0x10: end of this section's records
struct MultifdFlush {};  ///< be64 0x200: pairs with one SYNC packet on every multifd channel
struct RamHook {
  std::uint64_t flags = 0;
};  ///< be64 with RAM_SAVE_FLAG_HOOK (RDMA)

// ---- other iterative sections ----

/// migration/block-dirty-bitmap.c: u8 flags (2 or 4 bytes where bit 7 says so) [, cstr node alias].
struct DirtyBitmapChunk {
  std::uint32_t flags = 0;
  NameId node = no_name;
};  // no_name: as in the chunk before
struct DirtyBitmapName {
  NameId bitmap = no_name;
};  // cstr bitmap alias
struct DirtyBitmapStart {
  std::uint32_t granularity = 0;
  std::uint8_t flags = 0;
};  // be32, u8
/// be64 start sector, be32 sectors [, be64 size; that many bytes follow]
struct DirtyBitmapBits {
  std::uint64_t start_sector = 0;
  std::uint64_t payload_size = 0;
  std::uint32_t sectors = 0;
};
/// migration/block.c (up to 9.0): be64 sector<<9|flags [, cstr device, 1 MiB].
struct BlockChunk {
  std::uint64_t sector = 0;
  NameId device = no_name;
  std::uint32_t payload_size = 0;
  std::uint16_t flags = 0;
};
/// hw/vfio/migration.c: be64 tag [, be64 size, bytes].
struct VfioRecord {
  std::uint64_t tag = 0;
  std::uint64_t payload_size = 0;
};
/// hw/ppc/spapr.c htab: be32 index, be16 valid, be16 invalid, 16 bytes each valid; also START's be32 shift
/// (`shift`).
struct HtabRecord {
  std::uint32_t index = 0;
  std::uint16_t valid = 0;
  std::uint16_t invalid = 0;
};
struct HtabHeader {
  std::uint32_t value = 0;
};
/// hw/s390x: storage attributes and storage keys: be64 address|flags [, be64 count, bytes].
struct S390Record {
  std::uint64_t address = 0;
  std::uint64_t payload_size = 0;
  std::uint16_t flags = 0;
};

// ---- return path (migration/migration.c MIG_RP_MSG_*): be16 type, be16 length, payload ----

struct Shut {
  std::uint32_t value = 0;
};  ///< 0: destination is done; else it failed
struct Pong {
  std::uint32_t value = 0;
};
/// REQ_PAGES: be64 start, be32 length; REQ_PAGES_ID: also cstr block. Without a name `block` is that of the
/// request before.
struct PageRequest {
  BlockId block = no_block;
  std::uint32_t length = 0;
  std::uint64_t start = 0;
  bool names_block = false;
};
/// cstr block inside the message; behind it be64 size, `size` bytes as Payload, and the mark (RecvBitmapEnd).
struct RecvBitmap {
  BlockId block = no_block;
  std::uint64_t size = 0;
};
struct RecvBitmapEnd {};
struct ResumeAck {
  std::uint32_t value = 0;
};
struct SwitchoverAck {};

// ---- multifd channel (migration/multifd.c) ----

struct MultifdInit {
  std::array<std::uint8_t, 16> uuid{};
  std::uint32_t version = 0;
  std::uint8_t channel = 0;
};
/// The first 320 bytes of a RAM packet. MultifdPage events (8 bytes each) and the payload follow.
struct MultifdPacket {
  std::uint64_t packet_num = 0;
  BlockId block = no_block;
  std::uint32_t flags = 0;
  std::uint32_t normal_pages = 0;
  std::uint32_t zero_pages = 0;
  std::uint32_t payload_size = 0;  ///< bytes behind the offsets; next_packet_size where it is not stale
};
struct MultifdPage {
  BlockId block = no_block;
  bool zero = false;
  std::uint64_t page_offset = 0;
};  // be64
/// idstr[256], be32 instance id, be32 payload size.
struct MultifdDeviceState {
  NameId idstr = no_name;
  std::uint32_t instance_id = 0;
  std::uint32_t flags = 0;
  std::uint32_t payload_size = 0;
};

// ---- bytes without a header of their own ----

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
/// Bytes that could not be read, from the first error of the direction on.
struct Unparsed {
  ParseErrc cause = ParseErrc::none;
};
/// Bytes that the capture does not have. Its raw is empty though its range is not.
struct Missing {};

using EventBody =
    std::variant<FileHeader, Configuration, TargetPageBits, Capabilities, Capability, MachineUuid,
                 SectionHeader, SectionFooter, EndOfStream, VmDescription, Command, Ping, PostcopyAdvise,
                 RamDiscard, DiscardRange, PackageBegin, PackageEnd, RecvBitmapRequest, RamBlockList,
                 RamBlockEntry, RamBlockPageSize, RamBlockAddress, MappedRamHeader, PageRecord, RamEos,
                 MultifdFlush, RamHook, DirtyBitmapChunk, DirtyBitmapName, DirtyBitmapStart, DirtyBitmapBits,
                 BlockChunk, VfioRecord, HtabHeader, HtabRecord, S390Record, Shut, Pong, PageRequest,
                 RecvBitmap, RecvBitmapEnd, ResumeAck, SwitchoverAck, MultifdInit, MultifdPacket, MultifdPage,
                 MultifdDeviceState, Payload, Unparsed, Missing>;

struct Event {
  StreamRange range;
  EventBody body;
};
static_assert(std::is_trivially_copyable_v<Event> && sizeof(Event) <= 64);

/// True for the header of a unit; false for what belongs to the unit before it (payload, discard ranges,
/// block entries, page offsets, capabilities, the mark behind a bitmap, package end, missing and unparsed
/// bytes).
[[nodiscard]] bool starts_unit(const EventBody& body) noexcept;

}  // namespace mig
