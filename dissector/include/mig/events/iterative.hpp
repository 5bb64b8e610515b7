// SPDX-License-Identifier: GPL-2.0-or-later
// Other sections that are sent piece by piece.
#pragma once
#include <cstdint>

#include "mig/stream_ids.hpp"

namespace mig {

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
  bool zeroes = false;  ///< no size and no bytes: its chunk says that all are zero
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

}  // namespace mig
