// SPDX-License-Identifier: GPL-2.0-or-later
// Main channel: header, configuration, sections, commands (migration/savevm.c).
#pragma once
#include <array>
#include <cstdint>

#include "mig/stream_ids.hpp"

namespace mig {

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
  bool assumed = false;  ///< its START was not seen; idstr is what the section's content looks like
};
/// u8 0x7e, be32 id. `expected` is the id of the section that is open; QEMU refuses another one. Where the
/// section's beginning was not seen, `expected` is as read.
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
/// Empty range: emitted when the package's last byte was taken. Length 0 where its beginning was not seen.
struct PackageEnd {
  std::uint32_t length = 0;
};
/// RECV_BITMAP command: cstr block. The answer is RecvBitmap on the return path.
struct RecvBitmapRequest {
  BlockId block = no_block;
};

}  // namespace mig
