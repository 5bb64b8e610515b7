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

  [[nodiscard]] std::uint32_t unit_left() const noexcept {
    const auto offsets = std::uint64_t{state_.normal_left} + state_.zero_left + state_.unused_left;
    const auto payload = state_.at == At::payload ? state_.payload_left : 0;
    return as_left(payload + offsets * 8 + state_.data_size);
  }

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

  /// Judges the beginning of what is `size` bytes.
  [[nodiscard]] bool sound(std::size_t size) {
    const auto head = in_.need(size);
    if (!head) return false;
    if (load_be32(*head) != wire::multifd_magic) return fail(ParseErrc::bad_multifd_magic);
    return load_be32(*head, 4) == wire::multifd_version || fail(ParseErrc::bad_multifd_version);
  }

  bool step_init() {
    MultifdInit body;
    const auto unit =
        sound(wire::multifd_init_size) ? read(body, ParseErrc::bad_multifd_magic) : std::nullopt;
    if (!unit) return false;
    state_.at = At::packet;
    emit(body, unit->raw);
    return true;
  }

  /// The flags say which of the two headers follows, so they are read first.
  bool step_packet() {
    constexpr std::size_t up_to_flags = 12;
    if (!sound(up_to_flags)) return false;
    const auto flags = load_be32(*in_.need(up_to_flags), 8);
    return (flags & wire::multifd_flag_device_state) != 0 ? device_state() : ram_packet();
  }

  bool device_state() {
    MultifdDeviceState body;
    const auto unit = read(body, ParseErrc::bad_multifd_packet);
    if (!unit || !name(body.idstr, unit->text)) return false;
    state_.data_size = body.payload_size;
    next_part();
    emit(body, unit->raw);
    return true;
  }

  bool ram_packet() {
    MultifdPacket body;
    const auto unit = read(body, ParseErrc::bad_multifd_packet);
    if (!unit) return false;
    if (tables_.page_size_source == PageSizeSource::assumed && std::has_single_bit(body.pages_alloc) &&
        body.pages_alloc <= wire::multifd_max_pages) {
      tables_.know_page_size(wire::multifd_packet_size / body.pages_alloc, PageSizeSource::observed);
    }
    const auto offsets = wire::multifd_packet_size / tables_.page_size;
    if (!counts_fit(body, offsets)) return fail(ParseErrc::bad_multifd_packet);
    if (body.normal_pages + body.zero_pages != 0) {
      // Data may be seen here before the block list on the main channel is.
      const auto block = tables_.add_block(unit->text, 0);
      if (!block) return fail(ParseErrc::too_many_names);
      body.block = *block;
    }
    state_.block = body.block;
    state_.data_size = body.payload_size;
    state_.normal_left = body.normal_pages;
    state_.zero_left = body.zero_pages;
    state_.unused_left = offsets - body.normal_pages - body.zero_pages;
    next_part();
    emit(body, unit->raw);
    return true;
  }

  [[nodiscard]] bool counts_fit(const MultifdPacket& b, std::uint32_t offsets) const noexcept {
    const bool plain = (b.flags & wire::multifd_compression_mask) == 0;
    const auto pages = std::uint64_t{b.normal_pages} * tables_.page_size;
    return b.normal_pages <= offsets && b.zero_pages <= offsets - b.normal_pages &&
           b.payload_size <= max_data && (!plain || b.payload_size == pages);
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
    MultifdPage body{state_.block, state_.normal_left == 0, 0};
    const auto unit = read(body, ParseErrc::bad_multifd_packet);
    if (!unit) return false;
    const auto* block = tables_.block(state_.block);
    if (block != nullptr && block->used_length != 0 && body.page_offset >= block->used_length)
      return fail(ParseErrc::page_outside_block);
    --(body.zero ? state_.zero_left : state_.normal_left);
    next_part();
    emit(body, unit->raw);
    return true;
  }

  void payload_ended() noexcept { next_part(); }

  bool may_end() const noexcept {
    const bool between = state_.at == At::packet || (state_.at == At::init && state_.offset == 0);
    return between && state_.held.empty();
  }
};

template class ChannelParser<MultifdState>;

}  // namespace mig
