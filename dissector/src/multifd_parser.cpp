// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/multifd_parser.hpp"

#include <algorithm>
#include <bit>

#include "channel_run.hpp"
#include "mig/wire.hpp"

namespace mig {
namespace {

// A compressed packet may be larger than its 512 KiB of pages, but not by this much.
constexpr std::uint32_t max_data = 16U << 20;

}  // namespace

class MultifdRun : public ChannelRun<MultifdRun, MultifdState> {
 public:
  using Base = ChannelRun<MultifdRun, MultifdState>;
  using Base::Base;

 private:
  friend Base;

  bool step() {
    switch (state_.at) {
      case At::init: return step_init();
      case At::packet: return step_packet();
      case At::page_offset: return step_page_offset();
      case At::payload: return step_payload();
      case At::failed: break;
    }
    return false;
  }

  bool step_init() {
    const auto raw = in_.need(wire::multifd_init_size);
    if (!raw) return false;
    if (load_be32(*raw) != wire::multifd_magic) return fail(ParseErrc::bad_multifd_magic);
    if (load_be32(*raw, 4) != wire::multifd_version) return fail(ParseErrc::bad_multifd_version);
    MultifdInit body{{}, load_be32(*raw, 4), load_u8(*raw, 24)};
    for (std::size_t i = 0; i < body.uuid.size(); ++i) body.uuid[i] = load_u8(*raw, 8 + i);
    state_.at = At::packet;
    emit(body, *raw);
    return true;
  }

  /// The flags tell which of the two headers follows, so they are read first.
  bool step_packet() {
    const auto head = in_.need(12);
    if (!head) return false;
    if (load_be32(*head) != wire::multifd_magic) return fail(ParseErrc::bad_multifd_magic);
    if (load_be32(*head, 4) != wire::multifd_version) return fail(ParseErrc::bad_multifd_version);
    const auto flags = load_be32(*head, 8);
    return (flags & wire::multifd_flag_device_state) != 0 ? device_state(flags) : ram_packet(flags);
  }

  bool device_state(std::uint32_t flags) {
    const auto raw = in_.need(wire::multifd_device_header_size);
    if (!raw) return false;
    const auto idstr = tables_.intern(padded_text(raw->subspan(12, wire::multifd_name_size)));
    if (!idstr) return fail(ParseErrc::too_many_names);
    state_.data_size = load_be32(*raw, 272);
    next_part();
    emit(MultifdDeviceState{*idstr, load_be32(*raw, 268), flags, load_be32(*raw, 272)}, *raw);
    return true;
  }

  bool ram_packet(std::uint32_t flags) {
    const auto raw = in_.need(wire::multifd_header_size);
    if (!raw) return false;
    const auto normal = load_be32(*raw, 16);
    const auto zero = load_be32(*raw, 32);
    // Up to 8.1 the field is left over from an earlier packet when there is no page.
    const auto size = normal != 0 ? load_be32(*raw, 20) : 0;
    const auto alloc = load_be32(*raw, 12);
    if (tables_.page_size_source == PageSizeSource::assumed && std::has_single_bit(alloc) &&
        alloc <= wire::multifd_max_pages) {
      tables_.know_page_size(wire::multifd_packet_size / alloc, PageSizeSource::observed);
    }
    const auto offsets = wire::multifd_packet_size / tables_.page_size;
    const bool plain = (flags & wire::multifd_compression_mask) == 0;
    const bool counts_fit = normal <= offsets && zero <= offsets - normal;
    if (!counts_fit || size > max_data || (plain && size != std::uint64_t{normal} * tables_.page_size)) {
      return fail(ParseErrc::bad_multifd_packet);
    }
    state_.block = no_block;
    if (normal + zero != 0) {  // else the name, too, may be left over
      // Data may be seen here before the block list on the main channel is.
      const auto block = tables_.add_block(padded_text(raw->subspan(64, wire::multifd_name_size)), 0);
      if (!block) return fail(ParseErrc::too_many_names);
      state_.block = *block;
    }
    state_.data_size = size;
    state_.normal_left = normal;
    state_.zero_left = zero;
    state_.unused_left = offsets - normal - zero;
    next_part();
    emit(MultifdPacket{load_be64(*raw, 24), state_.block, flags, normal, zero, size}, *raw);
    return true;
  }

  /// Page offsets (normal, then zero), offsets that mean nothing, payload, next packet.
  void next_part() noexcept {
    state_.payload_offset = 0;
    if (state_.normal_left + state_.zero_left != 0) {
      state_.at = At::page_offset;
    } else if (state_.unused_left != 0) {
      state_.at = At::payload;
      state_.payload_kind = PayloadKind::multifd_unused_offsets;
      state_.payload_left = std::uint64_t{state_.unused_left} * 8;
      state_.unused_left = 0;
    } else if (state_.data_size != 0) {
      state_.at = At::payload;
      state_.payload_kind = PayloadKind::multifd_data;
      state_.payload_left = state_.data_size;
      state_.data_size = 0;
    } else {
      state_.at = At::packet;
    }
  }

  bool step_page_offset() {
    const auto raw = in_.need(8);
    if (!raw) return false;
    const bool zero = state_.normal_left == 0;
    const auto offset = load_be64(*raw);
    const auto* block = tables_.block(state_.block);
    if (block != nullptr && block->used_length != 0 && offset >= block->used_length) {
      return fail(ParseErrc::page_outside_block);
    }
    --(zero ? state_.zero_left : state_.normal_left);
    next_part();
    emit(MultifdPage{state_.block, zero, offset}, *raw);
    return true;
  }

  bool step_payload() {
    const auto piece = in_.piece(state_.payload_left);
    const Payload body{state_.payload_kind, state_.payload_offset};
    pass_payload(piece.size());
    emit(body, piece);
    return true;
  }

  void pass_payload(std::uint64_t n) noexcept {
    state_.payload_left -= n;
    state_.payload_offset += n;
    if (state_.payload_left == 0) next_part();
  }

  // ---- gaps and the end ----

  std::optional<Payload> absorbs(std::uint64_t missing) {
    if (state_.at != At::payload || state_.payload_left < missing) return std::nullopt;
    const Payload piece{state_.payload_kind, state_.payload_offset};
    pass_payload(missing);
    return piece;
  }
  bool may_end() const noexcept {
    const bool between = state_.at == At::packet || (state_.at == At::init && state_.offset == 0);
    return between && state_.held.empty();
  }
};

template class ChannelParser<MultifdState>;

}  // namespace mig
