// SPDX-License-Identifier: GPL-2.0-or-later
// Records of the "ram" section and of the preempt channel. Source of the layouts: migration/ram.c.
#include <bit>

#include "forward_run.hpp"
#include "probe.hpp"

namespace mig {
namespace {

constexpr std::size_t word_size = 8;

// Where neither the configuration nor ADVISE says the target page size, one of these is found from the first
// page: avr has 256 bytes (QEMU up to 10.0), arm may have 1024, all else has 4096 or more.
constexpr std::uint32_t smallest_page = 256, second_page = 1024, usual_page = 4096, largest_page = 65536;

/// Smallest page size that the block list does not mention; docs/protocol.md 3.2.
std::uint64_t unmentioned_page_size(const StreamTables& tables) noexcept {
  const auto summary = tables.page_size_summary;
  const auto lowest = summary & (~summary + 1);
  const bool all_huge = std::has_single_bit(summary) && summary > 65536;
  return all_huge ? tables.page_size : std::max<std::uint64_t>(lowest, tables.page_size);
}

/// std::has_single_bit() counts all bits where the compiler may not take the processor for granted.
constexpr bool one_bit(std::uint64_t bits) noexcept { return bits != 0 && (bits & (bits - 1)) == 0; }

PageEncoding encoding_of(std::uint64_t flags) noexcept {
  if ((flags & wire::ram_zero) != 0) return PageEncoding::zero;
  if ((flags & wire::ram_xbzrle) != 0) return PageEncoding::xbzrle;
  return (flags & wire::ram_compress_page) != 0 ? PageEncoding::compressed : PageEncoding::plain;
}

/// The page size of which the low bits of a record's word speak: bits that are no flags, or beside a type
/// flag those of two types that no page can have, are of its address. 0: they say nothing.
std::uint32_t small_page_in(std::uint64_t word) noexcept {
  const bool typed = one_bit(word & (smallest_page - 1) & ~wire::ram_continue);
  if (typed && (word & (second_page - smallest_page)) != 0) return smallest_page;
  return (word & (usual_page - second_page)) != 0 ? second_page : 0;
}

/// Not the start of a block list entry (its length byte), and not a record (its flags).
bool may_be_address(std::uint64_t word, const StreamTables& tables) noexcept {
  return word >> 56 == 0 && (word & (tables.page_size - 1)) == 0;
}

}  // namespace

/// Zero pages of the block of the record before, of which an idle guest has millions. All else is left to
/// page(), which would tell of these the same. False: there was none.
bool ForwardRun::zero_page_run() {
  constexpr std::size_t size = word_size + 1;  // and the byte that fills it
  const auto* block = tables_.block(state_.last_block);
  if (state_.in_package || block == nullptr) return false;
  const std::uint64_t mask = tables_.page_size - 1;
  const auto end = block->used_length != 0 ? block->used_length : UINT64_MAX;
  PageRecord record;
  record.block = state_.last_block;
  record.flags = wire::ram_zero | wire::ram_continue;
  record.encoding = PageEncoding::zero;
  const Extent whole{0, Level::unit, Level::unit, state_.in_section};
  bool any = false;
  for (Bytes raw; (raw = in_.ready(size)).data() != nullptr; any = true) {
    const auto word = load_be64(raw);
    if ((word & mask) != record.flags || word >= end) break;
    record.page_offset = state_.last_offset = word & ~mask;
    record.fill = load_u8(raw, word_size);
    Base::emit(record, raw, whole);  // in no package
  }
  return any;
}

bool ForwardRun::step_ram_record() {
  if (zero_page_run()) return true;
  const auto raw = want(word_size);
  if (!raw) return false;
  const auto word = load_be64(*raw);
  if (tables_.page_size_source == PageSizeSource::assumed)
    if (const auto size = small_page_in(word); size != 0)
      tables_.know_page_size(size, PageSizeSource::observed);
  const auto flags = word & (tables_.page_size - 1);
  const auto type = flags & ~wire::ram_continue;
  if (!one_bit(type) || (flags & ~wire::ram_all_flags) != 0) return fail(ParseErrc::bad_ram_flags);
  if ((type & wire::ram_any_page) != 0) return page(word);
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

/// Flat: one call for each page of a guest.
[[gnu::flatten]] bool ForwardRun::page(std::uint64_t word) {
  PageRecord record;
  record.names_block = (word & wire::ram_continue) == 0;
  record.encoding = encoding_of(word & (tables_.page_size - 1));
  const auto unit = read(record, ParseErrc::bad_record);
  if (!unit || !place(record, unit->text)) return false;
  if (record.encoding == PageEncoding::plain) record.payload_size = tables_.page_size;
  // zlib may grow what it cannot compress, by far less than this.
  const bool compressed = record.encoding == PageEncoding::compressed;
  if (record.payload_size > (compressed ? 2 * tables_.page_size : tables_.page_size))
    return fail(ParseErrc::bad_record_length);
  if (!page_body(record)) return false;
  state_.last_block = record.block;
  state_.last_offset = record.page_offset;
  emit(record, unit->raw);
  return true;
}

/// The block: named here, or that of the record before on this channel.
bool ForwardRun::place(PageRecord& record, std::string_view name) {
  const auto named = record.names_block ? block_named(name) : state_.last_block;
  if (!named) return fail(ParseErrc::unknown_block);
  record.block = *named;
  const auto* block = tables_.block(record.block);
  // Where the record that named the block was lost, the block stays unknown until the next name.
  if (block == nullptr) return state_.has_gaps || fail(ParseErrc::unknown_block);
  const bool outside = block->used_length != 0 && record.page_offset >= block->used_length;
  return !outside || fail(ParseErrc::page_outside_block);
}

/// The page's bytes come next; the first of a stream that has not said its page size is measured.
bool ForwardRun::page_body(const PageRecord& record) {
  const bool unsure =
      record.encoding == PageEncoding::plain && tables_.page_size_source == PageSizeSource::assumed;
  return start_payload(PayloadKind::page, unsure ? smallest_page : record.payload_size,
                       unsure ? At::page_border : At::ram_record);
}

/// The first page of a stream that has not said its page size: is this its end? Less than 4 KiB is believed
/// only when the very next page follows there; from 4 KiB on any record will do, and if there is none the
/// page is longer.
bool ForwardRun::step_page_border() {
  const auto raw = want(word_size);
  if (!raw) return false;
  const auto word = load_be64(*raw);
  const auto so_far = static_cast<std::uint32_t>(state_.payload_offset);
  const auto flags = word & (so_far - 1);
  const bool next_page =
      (flags == (wire::ram_page | wire::ram_continue) || flags == (wire::ram_zero | wire::ram_continue)) &&
      word - flags == state_.last_offset + so_far;
  const bool ends = so_far < usual_page ? next_page : starts_record(word);
  if (ends) {
    tables_.know_page_size(so_far, PageSizeSource::observed);
    state_.at = At::ram_record;
    return true;
  }
  if (so_far >= largest_page) return fail(ParseErrc::bad_ram_flags);
  state_.payload_left = so_far == smallest_page ? second_page - smallest_page
                        : so_far == second_page ? usual_page - second_page
                                                : so_far;
  state_.at = At::payload;
  return true;
}

bool ForwardRun::starts_record(std::uint64_t word) const noexcept {
  constexpr std::uint64_t mask = usual_page - 1;
  const auto* block = tables_.block(state_.last_block);
  const bool named = (word & wire::ram_continue) == 0;  // of another block, then
  const bool inside =
      named || block == nullptr || block->used_length == 0 || (word & ~mask) < block->used_length;
  return may_be_record(word, mask) && inside;
}

// ---- the block list ----

bool ForwardRun::block_list(std::uint64_t word, Bytes raw) {
  if (state_.preempt) return fail(ParseErrc::bad_ram_flags);
  state_.blocks_left = word & ~static_cast<std::uint64_t>(tables_.page_size - 1);
  state_.at = after_block_list();
  emit(RamBlockList{state_.blocks_left}, raw);
  return true;
}

ForwardState::At ForwardRun::after_block_list() noexcept {
  if (state_.blocks_left != 0) return At::block_entry;
  tables_.incomplete = false;  // all names were listed
  return At::ram_record;
}

bool ForwardRun::step_block_entry() {
  RamBlockEntry body;
  const auto unit = read(body, ParseErrc::bad_block_list);
  if (!unit) return false;
  if (unit->text.empty() || body.used_length > state_.blocks_left) return fail(ParseErrc::bad_block_list);
  const auto block = tables_.add_block(unit->text, body.used_length);
  if (!block) return fail(ParseErrc::too_many_names);
  body.block = state_.entry_block = *block;
  state_.blocks_left -= body.used_length;
  next_block_field(At::block_entry);
  emit(body, unit->raw);
  return true;
}

/// The conditional fields are in this order; each is present under a condition that the stream has announced
/// before.
void ForwardRun::next_block_field(At after) {
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
/// the next entry (first byte 0) nor a record (no flag). An address (x-ignore-shared) may look like one; then
/// it is what stands behind: another address, or an entry or a record.
bool ForwardRun::step_block_page_size() {
  const bool address_follows = tables_.ignore_shared;
  const auto raw = want(address_follows ? 2 * word_size : word_size);
  if (!raw) return false;
  const auto value = load_be64(*raw);
  const bool size = std::has_single_bit(value) && (value & tables_.page_size_summary) != 0 &&
                    value != unmentioned_page_size(tables_);
  const bool present = size && (!address_follows || may_be_address(load_be64(*raw, word_size), tables_));
  next_block_field(At::block_page_size);
  if (!present) return true;
  tables_.set_block_page_size(state_.entry_block, value);
  emit(RamBlockPageSize{state_.entry_block, value}, raw->first(word_size));
  return true;
}

bool ForwardRun::step_block_address() {
  RamBlockAddress body{state_.entry_block, 0};
  const auto unit = read(body, ParseErrc::bad_block_list);
  if (!unit) return false;
  next_block_field(At::block_address);
  emit(body, unit->raw);
  return true;
}

/// The offsets count from the start of the file; the bitmap starts behind this header, which is
/// the current position.
bool ForwardRun::step_mapped_ram_header() {
  MappedRamHeader body;
  body.block = state_.entry_block;
  const auto unit = read(body, ParseErrc::bad_record_length);
  if (!unit) return false;
  // A block shared with the destination (x-ignore-shared) has neither bitmap nor pages in the file.
  if (body.bitmap_offset == 0 && body.pages_offset == 0) {
    state_.at = after_block_list();
    emit(body, unit->raw);
    return true;
  }
  if (body.pages_offset < body.bitmap_offset) return fail(ParseErrc::bad_record_length);
  const bool sound = std::has_single_bit(body.page_size) && body.page_size >= smallest_page &&
                     body.page_size <= largest_page;
  if (tables_.page_size_source == PageSizeSource::assumed && sound) {
    tables_.know_page_size(static_cast<std::uint32_t>(body.page_size), PageSizeSource::observed);
  }
  if (!start_payload(PayloadKind::mapped_ram_bitmap, body.pages_offset - body.bitmap_offset,
                     At::mapped_ram_pages)) {
    return false;
  }
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::step_mapped_ram_pages() {
  const auto* block = tables_.block(state_.entry_block);
  return start_payload(PayloadKind::mapped_ram_pages, block != nullptr ? block->used_length : 0,
                       after_block_list());
}

}  // namespace mig
