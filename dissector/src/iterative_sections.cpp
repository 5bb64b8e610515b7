// SPDX-License-Identifier: GPL-2.0-or-later
// Sections other than "ram" that are sent piece by piece while the guest runs. Each record has its own
// length.
#include "forward_run.hpp"

namespace mig {
namespace {

constexpr std::uint32_t htab_nothing = 0xffffffff;

}  // namespace

// ---- dirty-bitmap ----

/// Where the chunk goes on after the part `after`, by its flags; the chunk with EOS is the last of the
/// section.
void ForwardRun::next_bitmap_part(At after) {
  const auto flags = state_.bitmap_flags;
  if (after < At::bitmap_name && (flags & wire::bitmap_name) != 0) {
    state_.at = At::bitmap_name;
  } else if (after < At::bitmap_body && (flags & (wire::bitmap_start | wire::bitmap_bits)) != 0) {
    state_.at = At::bitmap_body;
  } else {
    state_.at = (flags & wire::bitmap_eos) != 0 ? At::footer : At::bitmap_chunk;
  }
}

bool ForwardRun::step_bitmap_chunk() {
  DirtyBitmapChunk body;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit) return false;
  if ((body.flags & wire::bitmap_device) != 0 && !name(body.node, unit->text)) return false;
  state_.bitmap_flags = body.flags;
  next_bitmap_part(At::bitmap_chunk);
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::step_bitmap_name() {
  DirtyBitmapName body;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit || !name(body.bitmap, unit->text)) return false;
  next_bitmap_part(At::bitmap_name);
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::step_bitmap_body() {
  if ((state_.bitmap_flags & wire::bitmap_start) != 0) {
    DirtyBitmapStart start;
    const auto unit = read(start, ParseErrc::bad_record);
    if (!unit) return false;
    next_bitmap_part(At::bitmap_body);
    emit(start, unit->raw);
    return true;
  }
  DirtyBitmapBits body;
  body.zeroes = (state_.bitmap_flags & wire::bitmap_zeroes) != 0;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit) return false;
  next_bitmap_part(At::bitmap_body);
  if (!start_payload(PayloadKind::dirty_bitmap, body.payload_size, state_.at)) return false;
  emit(body, unit->raw);
  return true;
}

// ---- block ----

bool ForwardRun::step_block_chunk() {
  BlockChunk body;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit) return false;
  if (body.flags == wire::block_eos || body.flags == wire::block_progress) {
    if (body.flags == wire::block_eos) state_.at = At::footer;
    emit(body, unit->raw);
    return true;
  }
  if ((body.flags & ~wire::block_zero) != wire::block_device) return fail(ParseErrc::bad_record);
  if (!name(body.device, unit->text)) return false;
  body.payload_size = (body.flags & wire::block_zero) != 0 ? 0 : wire::block_chunk_size;
  if (!start_payload(PayloadKind::block_data, body.payload_size, At::block_chunk)) return false;
  emit(body, unit->raw);
  return true;
}

// ---- vfio ----

bool ForwardRun::step_vfio_record() {
  VfioRecord body;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit) return false;
  switch (body.tag) {
    case wire::vfio_end_of_state:
    case wire::vfio_init_data_sent: state_.at = At::footer; break;  // no END_OF_STATE follows the latter
    case wire::vfio_setup_state: break;
    case wire::vfio_data_state:
      if (!start_payload(PayloadKind::vfio_data, body.payload_size, At::vfio_record)) return false;
      break;
    default: return fail(ParseErrc::bad_record);
  }
  emit(body, unit->raw);
  return true;
}

// ---- spapr/htab ----

/// START: the shift, and nothing else. PART, END: 0, then records; or all ones where there is no table.
bool ForwardRun::step_htab_header() {
  HtabHeader body;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit) return false;
  const bool records = state_.section.type != SectionType::start && body.value != htab_nothing;
  if (records && body.value != 0) return fail(ParseErrc::bad_record);
  state_.at = records ? At::htab_record : At::footer;
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::step_htab_record() {
  HtabRecord body;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit) return false;
  const bool last = body.index == 0 && body.valid == 0 && body.invalid == 0;
  if (!start_payload(PayloadKind::htab_data, body.valid * 16ULL, last ? At::footer : At::htab_record))
    return false;
  emit(body, unit->raw);
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
  S390Record body;
  const auto unit = read(body, ParseErrc::bad_record);
  if (!unit) return false;
  switch (body.flags) {
    case wire::s390_eos:
    case wire::s390_error: state_.at = At::footer; break;
    case wire::s390_done: break;
    case wire::s390_more:
      if (!start_payload(PayloadKind::s390_data, body.payload_size, At::s390_record)) return false;
      break;
    default: return fail(ParseErrc::bad_record);
  }
  emit(body, unit->raw);
  return true;
}

}  // namespace mig
