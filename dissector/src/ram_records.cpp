// SPDX-License-Identifier: GPL-2.0-or-later
// Records of the "ram" section and of the preempt channel. Source of the layouts: migration/ram.c.
#include <bit>

#include "forward_run.hpp"

namespace mig {
namespace {

constexpr std::size_t word_size = 8;
constexpr std::uint64_t page_flags =
    wire::ram_zero | wire::ram_page | wire::ram_xbzrle | wire::ram_compress_page;

/// Smallest page size that the block list does not mention; docs/protocol.md 3.2.
std::uint64_t unmentioned_page_size(const StreamTables& tables) noexcept {
  const auto summary = tables.page_size_summary;
  const auto lowest = summary & (~summary + 1);
  const bool all_huge = std::has_single_bit(summary) && summary > 65536;
  return all_huge ? tables.page_size : std::max<std::uint64_t>(lowest, tables.page_size);
}

}  // namespace

bool ForwardParser::Run::step_ram_record() {
  const auto raw = want(word_size);
  if (!raw) return false;
  const auto word = load_be64(*raw);
  const auto flags = word & (tables_.page_size - 1);
  const auto type = flags & ~wire::ram_continue;
  if (!std::has_single_bit(type) || (flags & ~wire::ram_all_flags) != 0)
    return fail(ParseErrc::bad_ram_flags);
  if ((type & page_flags) != 0) return page(word);
  if (flags != type) return fail(ParseErrc::bad_ram_flags);  // CONTINUE goes with pages only
  switch (type) {
    case wire::ram_mem_size: return block_list(word, *raw);
    case wire::ram_eos:
      if (word != wire::ram_eos) return fail(ParseErrc::bad_ram_flags);
      if (!state_.preempt) state_.at = At::footer;
      emit(RamEos{}, *raw);
      return true;
    case wire::ram_multifd_flush:
      if (word != wire::ram_multifd_flush) return fail(ParseErrc::bad_ram_flags);
      emit(MultifdFlush{}, *raw);
      return true;
    case wire::ram_hook: emit(RamHook{word}, *raw); return true;
    default: return fail(ParseErrc::bad_ram_flags);
  }
}

bool ForwardParser::Run::page(std::uint64_t word) {
  const std::uint64_t mask = tables_.page_size - 1;
  PageRecord record;
  record.flags = static_cast<std::uint16_t>(word & mask);
  record.page_offset = word & ~mask;
  record.names_block = (record.flags & wire::ram_continue) == 0;
  record.block = state_.last_block;
  std::size_t size = word_size;
  return page_header(record, size) && page_tail(record, size);
}

/// The block: named here, or that of the record before on this channel.
bool ForwardParser::Run::page_header(PageRecord& record, std::size_t& size) {
  if (record.names_block) {
    const auto name_end = cstr_end(size);
    const auto raw = name_end ? want(*name_end) : std::nullopt;
    if (!raw) return false;
    const auto block = tables_.find_block(as_text(raw->subspan(size + 1)));
    if (!block) return fail(ParseErrc::unknown_block);
    record.block = *block;
    size = *name_end;
  }
  const auto* block = tables_.block(record.block);
  if (block == nullptr) return fail(ParseErrc::unknown_block);
  if (block->used_length != 0 && record.page_offset >= block->used_length)
    return fail(ParseErrc::page_outside_block);
  return true;
}

/// What stands between the name and the page's bytes; then the record as a whole.
bool ForwardParser::Run::page_tail(PageRecord& record, std::size_t size) {
  const bool zero = (record.flags & wire::ram_zero) != 0;
  const bool xbzrle = (record.flags & wire::ram_xbzrle) != 0;
  const bool compressed = (record.flags & wire::ram_compress_page) != 0;
  const auto raw = want(size + (zero ? 1U : xbzrle ? 3U : compressed ? 4U : 0U));
  if (!raw) return false;
  record.payload_size = tables_.page_size;
  if (zero) {
    record.encoding = PageEncoding::zero;
    record.fill = load_u8(*raw, size);
    record.payload_size = 0;
  } else if (xbzrle) {
    record.encoding = PageEncoding::xbzrle;
    record.payload_size = load_be16(*raw, size + 1);
    if (load_u8(*raw, size) != wire::xbzrle_encoded) return fail(ParseErrc::bad_record);
  } else if (compressed) {
    record.encoding = PageEncoding::compressed;
    record.payload_size = load_be32(*raw, size);
  }
  // zlib may grow what it cannot compress, by far less than this.
  if (record.payload_size > (compressed ? 2 * tables_.page_size : tables_.page_size)) {
    return fail(ParseErrc::bad_record_length);
  }
  state_.last_block = record.block;
  if (!start_payload(PayloadKind::page, record.payload_size, At::ram_record)) return false;
  emit(record, *raw);
  return true;
}

// ---- the block list
// ---------------------------------------------------------------------------------------------

bool ForwardParser::Run::block_list(std::uint64_t word, Bytes raw) {
  if (state_.preempt) return fail(ParseErrc::bad_ram_flags);
  state_.blocks_left = word & ~static_cast<std::uint64_t>(tables_.page_size - 1);
  state_.at = after_block_list();
  emit(RamBlockList{state_.blocks_left}, raw);
  return true;
}

ForwardParser::At ForwardParser::Run::after_block_list() const noexcept {
  return state_.blocks_left != 0 ? At::block_entry : At::ram_record;
}

bool ForwardParser::Run::step_block_entry() {
  const auto name_end = cstr_end(0);
  const auto raw = name_end ? want(*name_end + 8) : std::nullopt;
  if (!raw) return false;
  const auto used_length = load_be64(*raw, *name_end);
  if (*name_end == 1 || used_length > state_.blocks_left) return fail(ParseErrc::bad_block_list);
  const auto block = tables_.add_block(as_text(raw->subspan(1, *name_end - 1)), used_length);
  if (!block) return fail(ParseErrc::too_many_names);
  state_.blocks_left -= used_length;
  state_.entry_block = *block;
  next_block_field(At::block_entry);
  emit(RamBlockEntry{*block, used_length}, *raw);
  return true;
}

/// The conditional fields stand in this order; each is there under a condition that the stream has told
/// before.
void ForwardParser::Run::next_block_field(At after) {
  const bool may_have_page_size = tables_.advised_ram && tables_.page_size_summary != tables_.page_size;
  if (after < At::block_page_size && may_have_page_size) {
    state_.at = At::block_page_size;
  } else if (after < At::block_address && tables_.ignore_shared) {
    state_.at = At::block_address;
  } else if (after < At::mapped_ram_header && tables_.mapped_ram) {
    state_.at = At::mapped_ram_header;
  } else {
    state_.at = after_block_list();
  }
}

/// Whether the field is there is seen from its value: a page size the summary has, which can start neither
/// the next entry (first byte 0) nor a record (no flag).
bool ForwardParser::Run::step_block_page_size() {
  const auto raw = want(word_size);
  if (!raw) return false;
  const auto value = load_be64(*raw);
  const bool present = std::has_single_bit(value) && (value & tables_.page_size_summary) != 0 &&
                       value != unmentioned_page_size(tables_);
  next_block_field(At::block_page_size);
  if (!present) return true;
  tables_.set_block_page_size(state_.entry_block, value);
  emit(RamBlockPageSize{state_.entry_block, value}, *raw);
  return true;
}

bool ForwardParser::Run::step_block_address() {
  const auto raw = want(word_size);
  if (!raw) return false;
  next_block_field(At::block_address);
  emit(RamBlockAddress{state_.entry_block, load_be64(*raw)}, *raw);
  return true;
}

/// be32 version, be64 page size, be64 bitmap offset, be64 pages offset. The offsets count from the start of
/// the file; the bitmap starts behind this header, which tells where we are in it.
bool ForwardParser::Run::step_mapped_ram_header() {
  const auto raw = want(28);
  if (!raw) return false;
  const MappedRamHeader body{state_.entry_block, load_be32(*raw), load_be64(*raw, 12), load_be64(*raw, 20)};
  // A block shared with the destination (x-ignore-shared) has neither bitmap nor pages in the file.
  if (body.bitmap_offset == 0 && body.pages_offset == 0) {
    state_.at = after_block_list();
    emit(body, *raw);
    return true;
  }
  if (body.pages_offset < body.bitmap_offset) return fail(ParseErrc::bad_record_length);
  if (!start_payload(PayloadKind::mapped_ram_bitmap, body.pages_offset - body.bitmap_offset,
                     At::mapped_ram_pages)) {
    return false;
  }
  emit(body, *raw);
  return true;
}

bool ForwardParser::Run::step_mapped_ram_pages() {
  const auto* block = tables_.block(state_.entry_block);
  return start_payload(PayloadKind::mapped_ram_pages, block != nullptr ? block->used_length : 0,
                       after_block_list());
}

}  // namespace mig
