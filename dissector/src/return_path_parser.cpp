// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/return_path_parser.hpp"

#include "channel_run.hpp"
#include "layout/lengths.hpp"
#include "mig/wire.hpp"

namespace mig {
class ReturnPathRun : public ChannelRun<ReturnPathRun, ReturnPathState> {
 public:
  using Base = ChannelRun<ReturnPathRun, ReturnPathState>;
  using Base::Base;

 private:
  friend Base;

  [[nodiscard]] std::uint32_t unit_left() const noexcept {
    const std::uint64_t mark = state_.payload_kind == PayloadKind::received_bitmap ? 8 : 0;
    if (state_.at == At::payload) return as_left(state_.payload_left + mark);
    return state_.at == At::bitmap_end ? 8 : 0;
  }

  bool step() {
    switch (state_.at) {
      case At::message: return step_message();
      case At::payload: return step_payload();
      case At::bitmap_end: return step_bitmap_end();
      case At::failed: break;
    }
    return false;
  }

  bool step_message() {
    const auto head = in_.need(message_header_size);
    if (!head) return false;
    const auto type = load_be16(*head);
    const auto length = load_be16(*head, 2);
    for (std::size_t i = 0; i < message_framings.size(); ++i) {
      if (message_framings[i].type != type) continue;
      if (!message_framings[i].fits(length)) return fail(ParseErrc::bad_return_path_length);
      return message_of(i, std::make_index_sequence<message_framings.size()>());
    }
    return unknown_message(type, length);
  }

  template <std::size_t... all>
  bool message_of(std::size_t which, std::index_sequence<all...>) {
    bool on = false;
    static_cast<void>(((which == all && (on = message(std::get<all>(return_path_messages)), true)) || ...));
    return on;
  }

  template <class Body>
  bool message(Body body) {
    const auto unit = read(body, ParseErrc::bad_return_path_length);
    if (!unit) return false;
    note(body, unit->text);
    emit(body, unit->raw);
    return true;
  }

  // What a message says about those that follow.
  template <class Body>
  void note(Body&, std::string_view) noexcept {}
  void note(PageRequest& request, std::string_view name) {
    if (request.names_block) state_.last_block = block(name);
    request.block = state_.last_block;
  }
  void note(RecvBitmap& bitmap, std::string_view name) {
    bitmap.block = block(name);
    start_payload(PayloadKind::received_bitmap, bitmap.size);
  }

  /// No message is of type 0 (MIG_RP_MSG_INVALID). A new one is framed like all others.
  bool unknown_message(std::uint16_t type, std::uint16_t length) {
    if (type == 0 || type > wire::max_message_type) return fail(ParseErrc::bad_return_path_type);
    if (length > wire::rp_max_length) return fail(ParseErrc::bad_return_path_length);
    UnknownMessage body;
    const auto unit = read(body, ParseErrc::bad_return_path_length);
    start_payload(PayloadKind::unknown_message, length);
    emit(body, unit->raw);
    return true;
  }

  void start_payload(PayloadKind kind, std::uint64_t size) noexcept {
    state_.payload_kind = kind;
    state_.payload_left = size;
    state_.payload_offset = 0;
    state_.at = At::payload;
    if (size == 0) payload_ended();
  }

  void payload_ended() noexcept {
    state_.at = state_.payload_kind == PayloadKind::received_bitmap ? At::bitmap_end : At::message;
  }

  bool step_bitmap_end() {
    RecvBitmapEnd body;
    const auto unit = read(body, ParseErrc::bad_bitmap_end);
    if (!unit) return false;
    state_.at = At::message;
    emit(body, unit->raw);
    return true;
  }

  /// The framing does not need the name, so a full table is no error here.
  BlockId block(std::string_view name) { return tables_.add_block(name, 0).value_or(no_block); }

  bool may_end() const noexcept { return state_.at == At::message && state_.held.empty(); }
};

template class ChannelParser<ReturnPathState>;

}  // namespace mig
