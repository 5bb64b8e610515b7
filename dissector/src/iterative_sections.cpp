// SPDX-License-Identifier: GPL-2.0-or-later
// Sections other than "ram" that are sent piece by piece while the guest runs. Each record tells its own
// length.
#include "forward_run.hpp"

namespace mig {
namespace {

// migration/block-dirty-bitmap.c DIRTY_BITMAP_MIG_FLAG_*
constexpr std::uint32_t bitmap_eos = 0x01;
constexpr std::uint32_t bitmap_zeroes = 0x02;
constexpr std::uint32_t bitmap_name = 0x04;
constexpr std::uint32_t bitmap_device = 0x08;
constexpr std::uint32_t bitmap_start = 0x10;
constexpr std::uint32_t bitmap_bits = 0x40;

// migration/block.c (up to QEMU 9.0) BLK_MIG_FLAG_*
constexpr std::uint64_t block_device = 0x01;
constexpr std::uint64_t block_eos = 0x02;
constexpr std::uint64_t block_progress = 0x04;
constexpr std::uint64_t block_zero = 0x08;
constexpr std::uint32_t block_chunk_size = 1U << 20;  // BLK_MIG_BLOCK_SIZE

// hw/vfio/migration.c VFIO_MIG_FLAG_*
constexpr std::uint64_t vfio_end_of_state = 0xffffffffef100001;
constexpr std::uint64_t vfio_setup_state = 0xffffffffef100003;
constexpr std::uint64_t vfio_data_state = 0xffffffffef100004;
constexpr std::uint64_t vfio_init_data_sent = 0xffffffffef100005;

// hw/s390x/s390-stattrib.c and s390-skeys.c: the low bits of the address word
constexpr std::uint64_t s390_eos = 0x01;
constexpr std::uint64_t s390_more = 0x02;
constexpr std::uint64_t s390_error = 0x04;
constexpr std::uint64_t s390_done = 0x08;
constexpr std::uint64_t s390_flags = 0xfff;

constexpr std::uint32_t htab_nothing = 0xffffffff;

}  // namespace

// ---- dirty-bitmap ----

/// Where the chunk goes on after the part `after`, by its flags; the chunk with EOS is the last of the
/// section.
void ForwardRun::next_bitmap_part(At after) {
  const auto flags = state_.bitmap_flags;
  if (after < At::bitmap_name && (flags & bitmap_name) != 0) {
    state_.at = At::bitmap_name;
  } else if (after < At::bitmap_body && (flags & (bitmap_start | bitmap_bits)) != 0) {
    state_.at = At::bitmap_body;
  } else {
    state_.at = (flags & bitmap_eos) != 0 ? At::footer : At::bitmap_chunk;
  }
}

bool ForwardRun::step_bitmap_chunk() {
  const auto first = want(1);
  if (!first) return false;
  // Bit 7 of the first byte: two bytes of flags; of the second too: four.
  std::size_t size = 1;
  if ((load_u8(*first) & 0x80) != 0) {
    const auto two = want(2);
    if (!two) return false;
    size = (load_u8(*two, 1) & 0x80) != 0 ? 4 : 2;
  }
  const auto word = want(size);
  if (!word) return false;
  const auto flags = size == 1 ? load_u8(*word) : size == 2 ? load_be16(*word) : load_be32(*word);
  DirtyBitmapChunk body{flags, no_name};
  auto raw = word;
  if ((flags & bitmap_device) != 0) {
    const auto end = cstr_end(size);
    raw = end ? want(*end) : std::nullopt;
    if (!raw) return false;
    const auto node = tables_.intern(as_text(raw->subspan(size + 1)));
    if (!node) return fail(ParseErrc::too_many_names);
    body.node = *node;
  }
  state_.bitmap_flags = flags;
  next_bitmap_part(At::bitmap_chunk);
  emit(body, *raw);
  return true;
}

bool ForwardRun::step_bitmap_name() {
  const auto end = cstr_end(0);
  const auto raw = end ? want(*end) : std::nullopt;
  if (!raw) return false;
  const auto name = tables_.intern(as_text(raw->subspan(1)));
  if (!name) return fail(ParseErrc::too_many_names);
  next_bitmap_part(At::bitmap_name);
  emit(DirtyBitmapName{*name}, *raw);
  return true;
}

bool ForwardRun::step_bitmap_body() {
  if ((state_.bitmap_flags & bitmap_start) != 0) {
    const auto raw = want(5);
    if (!raw) return false;
    next_bitmap_part(At::bitmap_body);
    emit(DirtyBitmapStart{load_be32(*raw), load_u8(*raw, 4)}, *raw);
    return true;
  }
  const bool zeroes = (state_.bitmap_flags & bitmap_zeroes) != 0;
  const auto raw = want(zeroes ? 12 : 20);
  if (!raw) return false;
  const auto size = zeroes ? 0 : load_be64(*raw, 12);
  next_bitmap_part(At::bitmap_body);
  if (!start_payload(PayloadKind::dirty_bitmap, size, state_.at)) return false;
  emit(DirtyBitmapBits{load_be64(*raw), size, load_be32(*raw, 8)}, *raw);
  return true;
}

// ---- block ----

bool ForwardRun::step_block_chunk() {
  const auto word = want(8);
  if (!word) return false;
  const auto value = load_be64(*word);
  const auto flags = value & 0x1ff;
  BlockChunk body{value >> 9, no_name, 0, static_cast<std::uint16_t>(flags)};
  if (flags == block_eos || flags == block_progress) {
    if (flags == block_eos) state_.at = At::footer;
    emit(body, *word);
    return true;
  }
  if ((flags & ~block_zero) != block_device) return fail(ParseErrc::bad_record);
  const auto end = cstr_end(8);
  const auto raw = end ? want(*end) : std::nullopt;
  if (!raw) return false;
  const auto device = tables_.intern(as_text(raw->subspan(9)));
  if (!device) return fail(ParseErrc::too_many_names);
  body.device = *device;
  body.payload_size = (flags & block_zero) != 0 ? 0 : block_chunk_size;
  if (!start_payload(PayloadKind::block_data, body.payload_size, At::block_chunk)) return false;
  emit(body, *raw);
  return true;
}

// ---- vfio ----

bool ForwardRun::step_vfio_record() {
  const auto tag_bytes = want(8);
  if (!tag_bytes) return false;
  const auto tag = load_be64(*tag_bytes);
  switch (tag) {
    case vfio_end_of_state:
    case vfio_init_data_sent:  // no END_OF_STATE follows this one
      state_.at = At::footer;
      emit(VfioRecord{tag, 0}, *tag_bytes);
      return true;
    case vfio_setup_state: emit(VfioRecord{tag, 0}, *tag_bytes); return true;
    case vfio_data_state: {
      const auto raw = want(16);
      if (!raw) return false;
      const auto size = load_be64(*raw, 8);
      if (!start_payload(PayloadKind::vfio_data, size, At::vfio_record)) return false;
      emit(VfioRecord{tag, size}, *raw);
      return true;
    }
    default: return fail(ParseErrc::bad_record);
  }
}

// ---- spapr/htab ----

/// START: the shift, and nothing else. PART, END: 0, then records; or all ones where there is no table.
bool ForwardRun::step_htab_header() {
  const auto raw = want(4);
  if (!raw) return false;
  const auto value = load_be32(*raw);
  const bool records = state_.section.type != SectionType::start && value != htab_nothing;
  if (records && value != 0) return fail(ParseErrc::bad_record);
  state_.at = records ? At::htab_record : At::footer;
  emit(HtabHeader{value}, *raw);
  return true;
}

bool ForwardRun::step_htab_record() {
  const auto raw = want(8);
  if (!raw) return false;
  const HtabRecord body{load_be32(*raw), load_be16(*raw, 4), load_be16(*raw, 6)};
  const bool last = body.index == 0 && body.valid == 0 && body.invalid == 0;
  if (!start_payload(PayloadKind::htab_data, body.valid * 16ULL, last ? At::footer : At::htab_record))
    return false;
  emit(body, *raw);
  return true;
}

// ---- s390-storage_attributes, s390-skeys ----

bool ForwardRun::step_s390_record() {
  const auto word = want(8);
  if (!word) return false;
  // Old senders of storage attributes leave out EOS behind DONE: then a footer stands here.
  const bool own_footer = state_.section_class == SectionClass::storage_attributes &&
                          load_u8(*word) == wire::vm_section_footer &&
                          load_be32(*word, 1) == static_cast<std::uint32_t>(state_.section.section);
  if (own_footer) {
    state_.at = At::footer;
    return true;
  }
  const auto value = load_be64(*word);
  const auto flags = value & s390_flags;
  S390Record body{value & ~s390_flags, 0, static_cast<std::uint16_t>(flags)};
  if (flags == s390_eos || flags == s390_error || flags == s390_done) {
    if (flags != s390_done) state_.at = At::footer;
    emit(body, *word);
    return true;
  }
  if (flags != s390_more) return fail(ParseErrc::bad_record);
  const auto raw = want(16);
  if (!raw) return false;
  body.payload_size = load_be64(*raw, 8);
  if (!start_payload(PayloadKind::s390_data, body.payload_size, At::s390_record)) return false;
  emit(body, *raw);
  return true;
}

}  // namespace mig
