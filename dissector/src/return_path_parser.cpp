// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/return_path_parser.hpp"

#include "channel_run.hpp"
#include "message_lengths.hpp"
#include "mig/wire.hpp"

namespace mig {
namespace {

using Type = MessageType;
constexpr std::size_t header_size = message_header_size;

}  // namespace

class ReturnPathRun : public ChannelRun<ReturnPathRun, ReturnPathState> {
 public:
  using Base = ChannelRun<ReturnPathRun, ReturnPathState>;
  using Base::Base;

 private:
  friend Base;

  bool step() {
    switch (state_.at) {
      case At::message: return step_message();
      case At::bitmap: return step_bitmap();
      case At::bitmap_end: return step_bitmap_end();
      case At::failed: break;
    }
    return false;
  }

  bool step_message() {
    const auto head = in_.need(header_size);
    if (!head) return false;
    const auto type = static_cast<Type>(load_be16(*head));
    const auto length = load_be16(*head, 2);
    if (type < Type::shut || type > Type::switchover_ack) return fail(ParseErrc::bad_return_path_type);
    if (!message_length_fits(type, length)) return fail(ParseErrc::bad_return_path_length);
    // The size of a received bitmap stands behind the message; it belongs to the header.
    const auto message = in_.need(header_size + length + (type == Type::recv_bitmap ? 8U : 0U));
    if (!message) return false;
    return message_event(type, *message), true;
  }

  void message_event(Type type, Bytes m) {
    switch (type) {
      case Type::shut: return emit(Shut{load_be32(m, 4)}, m);
      case Type::pong: return emit(Pong{load_be32(m, 4)}, m);
      case Type::resume_ack: return emit(ResumeAck{load_be32(m, 4)}, m);
      case Type::switchover_ack: return emit(SwitchoverAck{}, m);
      case Type::req_pages:
        return emit(PageRequest{state_.last_block, load_be32(m, 12), load_be64(m, 4), false}, m);
      case Type::req_pages_id: return named_request(m);
      case Type::recv_bitmap: return received_bitmap(m);
    }
  }

  void named_request(Bytes m) {
    if (load_u8(m, 16) + 17U != m.size()) return static_cast<void>(fail(ParseErrc::bad_return_path_length));
    state_.last_block = block(as_text(m.subspan(17)));
    emit(PageRequest{state_.last_block, load_be32(m, 12), load_be64(m, 4), true}, m);
  }

  void received_bitmap(Bytes m) {
    if (load_u8(m, 4) + 13U != m.size()) return static_cast<void>(fail(ParseErrc::bad_return_path_length));
    state_.bitmap_left = load_be64(m, m.size() - 8);
    state_.bitmap_offset = 0;
    state_.at = state_.bitmap_left != 0 ? At::bitmap : At::bitmap_end;
    emit(RecvBitmap{block(as_text(m.subspan(5, m.size() - 13))), state_.bitmap_left}, m);
  }

  bool step_bitmap() {
    const auto piece = in_.piece(state_.bitmap_left);
    const auto offset = state_.bitmap_offset;
    pass_bitmap(piece.size());
    emit(Payload{PayloadKind::received_bitmap, offset}, piece);
    return true;
  }

  void pass_bitmap(std::uint64_t n) noexcept {
    state_.bitmap_left -= n;
    state_.bitmap_offset += n;
    if (state_.bitmap_left == 0) state_.at = At::bitmap_end;
  }

  bool step_bitmap_end() {
    const auto mark = in_.need(8);
    if (!mark) return false;
    if (load_be64(*mark) != wire::recv_bitmap_end) return fail(ParseErrc::bad_bitmap_end);
    state_.at = At::message;
    emit(RecvBitmapEnd{}, *mark);
    return true;
  }

  /// The framing does not need the name, so a full table is no error here.
  BlockId block(std::string_view name) { return tables_.add_block(name, 0).value_or(no_block); }

  // ---- gaps and the end ----

  std::optional<Payload> absorbs(std::uint64_t missing) {
    if (state_.at != At::bitmap || state_.bitmap_left < missing) return std::nullopt;
    const Payload piece{PayloadKind::received_bitmap, state_.bitmap_offset};
    pass_bitmap(missing);
    return piece;
  }
  bool may_end() const noexcept { return state_.at == At::message && state_.held.empty(); }
};

template class ChannelParser<ReturnPathState>;

}  // namespace mig
