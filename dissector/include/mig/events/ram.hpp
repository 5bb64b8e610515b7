// SPDX-License-Identifier: GPL-2.0-or-later
// The "ram" section and the preempt channel (migration/ram.c).
#pragma once
#include <cstdint>

#include "mig/stream_ids.hpp"

namespace mig {

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
  std::uint64_t page_size = 0;
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

}  // namespace mig
