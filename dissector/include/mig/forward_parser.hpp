// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/channel_parser.hpp"

namespace mig {

/// Where a forward channel begins.
enum class ForwardStart : std::uint8_t {
  file_header,  ///< main channel of a new migration
  element,      ///< main channel opened by postcopy recovery: no header, no configuration
  ram_records,  ///< preempt channel: RAM records and nothing else
};

/// Where a ForwardParser stands: a plain value, cheap to keep.
struct ForwardState : ChannelState {
  using Run = class ForwardRun;  // one call of feed(): src/forward_run.hpp

  /// What the next bytes are. One step_* function each.
  enum class At : std::uint8_t {
    file_header,
    after_header,
    after_configuration,
    capability,
    element,
    footer,
    device_state,
    payload,
    discard_range,
    ram_record,
    page_border,
    block_entry,
    block_page_size,
    block_address,
    mapped_ram_header,
    mapped_ram_pages,
    bitmap_chunk,
    bitmap_name,
    bitmap_body,
    block_chunk,
    vfio_record,
    htab_header,
    htab_record,
    s390_record,
    after_eof,
    after_end,
    failed,
  };

  std::uint64_t payload_left = 0;
  std::uint64_t payload_offset = 0;
  std::uint64_t blocks_left = 0;   // bytes of RAM that the block list has still to account for
  std::uint64_t last_offset = 0;   // of the page record before, for finding the page size
  std::uint64_t package_left = 0;  // UINT64_MAX where the package began in the unseen: RUN ends it
  std::uint32_t package_length = 0;
  std::uint32_t countdown = 0;  // capabilities, discard ranges still to come
  std::uint32_t bitmap_flags = 0;
  SectionHeader section;  // the open section
  SectionClass section_class = SectionClass::device;
  BlockId last_block = no_block;   // for CONTINUE; per channel, across sections
  BlockId entry_block = no_block;  // block list entry being read
  At at = At::file_header;
  At after_payload = At::element;
  PayloadKind payload_kind = PayloadKind::page;
  bool in_section = false;  // between a section's header and its end
  bool in_package = false;
  bool preempt = false;
  bool has_gaps = false;  // not all of the channel was seen, so names may be unknown
};
extern template class ChannelParser<ForwardState>;

/// Source -> destination: main, resumed main and preempt channels.
class ForwardParser : public ChannelParser<ForwardState> {
 public:
  explicit ForwardParser(StreamTables& tables, ForwardStart start = ForwardStart::file_header);
  /// Continues from `state`.
  ForwardParser(StreamTables& tables, const ForwardState& state) : ChannelParser(tables, state) {}
};

}  // namespace mig
