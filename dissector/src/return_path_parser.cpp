// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/return_path_parser.hpp"

#include "cursor.hpp"
#include "mig/wire.hpp"

namespace mig {
namespace {

// migration/migration.c MIG_RP_MSG_*
enum class Type : std::uint16_t {
  shut = 1,
  pong,
  req_pages_id,
  req_pages,
  recv_bitmap,
  resume_ack,
  switchover_ack,
};
constexpr std::size_t header_size = 4;

/// What a type's length may be; the message is then header + length bytes.
bool length_fits(Type type, std::uint16_t length) noexcept {
  switch (type) {
    case Type::shut:
    case Type::pong:
    case Type::resume_ack: return length == 4;
    case Type::req_pages: return length == 12;
    case Type::req_pages_id: return length >= 14 && length <= 13 + 255;
    case Type::recv_bitmap: return length >= 2 && length <= 1 + 255;
    case Type::switchover_ack: return length == 0;
  }
  return false;
}

}  // namespace

class ReturnPathParser::Run : Emitter<State> {
 public:
  Run(State& state, StreamTables& tables, Bytes chunk, EventSink& sink) noexcept
      : Emitter(state, chunk, sink), tables_(tables) {}

  /// Until the bytes are used up or a step has to wait for more.
  void all() {
    while (!in_.empty()) {
      switch (state_.at) {
        case At::message:
          if (!step_message()) return;
          break;
        case At::bitmap: step_bitmap(); break;
        case At::bitmap_end:
          if (!step_bitmap_end()) return;
          break;
        case At::failed: return emit_unparsed();
      }
    }
  }

  void stop(ParseErrc code) {
    if (state_.at != At::failed) fail(code);
    emit_unparsed();
  }

  void skip(std::uint64_t missing) {
    all();  // what a look-ahead may have held
    if (state_.at == At::bitmap && state_.bitmap_left >= missing) {
      pass_bitmap(missing);
    } else if (state_.at != At::failed) {
      stop(ParseErrc::lost_bytes);
    }
    const auto begin = state_.offset;
    state_.offset += missing;
    sink_.on_event(Event{{begin, state_.offset}, Missing{}}, {});
  }

 private:
  bool step_message() {
    const auto head = in_.need(header_size);
    if (!head) return false;
    const auto type = static_cast<Type>(load_be16(*head));
    const auto length = load_be16(*head, 2);
    if (type < Type::shut || type > Type::switchover_ack) return fail(ParseErrc::bad_return_path_type), true;
    if (!length_fits(type, length)) return fail(ParseErrc::bad_return_path_length), true;
    // The size of a received bitmap stands behind the message; it belongs to the header.
    const auto message = in_.need(header_size + length + (type == Type::recv_bitmap ? 8U : 0U));
    if (!message) return false;
    message_event(type, *message);
    return true;
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
    if (load_u8(m, 16) + 17U != m.size()) return fail(ParseErrc::bad_return_path_length);
    state_.last_block = block(as_text(m.subspan(17)));
    emit(PageRequest{state_.last_block, load_be32(m, 12), load_be64(m, 4), true}, m);
  }

  void received_bitmap(Bytes m) {
    if (load_u8(m, 4) + 13U != m.size()) return fail(ParseErrc::bad_return_path_length);
    state_.bitmap_left = load_be64(m, m.size() - 8);
    state_.bitmap_offset = 0;
    state_.at = state_.bitmap_left != 0 ? At::bitmap : At::bitmap_end;
    emit(RecvBitmap{block(as_text(m.subspan(5, m.size() - 13))), state_.bitmap_left}, m);
  }

  void step_bitmap() {
    const auto piece = in_.piece(state_.bitmap_left);
    const auto offset = state_.bitmap_offset;
    pass_bitmap(piece.size());
    emit(Payload{PayloadKind::received_bitmap, offset}, piece);
  }

  void pass_bitmap(std::uint64_t n) noexcept {
    state_.bitmap_left -= n;
    state_.bitmap_offset += n;
    if (state_.bitmap_left == 0) state_.at = At::bitmap_end;
  }

  bool step_bitmap_end() {
    const auto mark = in_.need(8);
    if (!mark) return false;
    if (load_be64(*mark) != wire::recv_bitmap_end) return fail(ParseErrc::bad_bitmap_end), true;
    state_.at = At::message;
    emit(RecvBitmapEnd{}, *mark);
    return true;
  }

  /// The framing does not need the name, so a full table is no error here.
  BlockId block(std::string_view name) { return tables_.add_block(name, 0).value_or(no_block); }

  StreamTables& tables_;
};

std::optional<ParseError> ReturnPathParser::feed(Bytes chunk, EventSink& sink) {
  Run(state_, *tables_, chunk, sink).all();
  return error();
}

std::optional<ParseError> ReturnPathParser::skip(std::uint64_t missing, EventSink& sink) {
  Run(state_, *tables_, {}, sink).skip(missing);
  return error();
}

std::optional<ParseError> ReturnPathParser::finish(EventSink& sink) {
  const bool inside = !state_.held.empty() || state_.at == At::bitmap || state_.at == At::bitmap_end;
  if (inside) Run(state_, *tables_, {}, sink).stop(ParseErrc::truncated);
  return error();
}

std::optional<ParseError> ReturnPathParser::error() const noexcept {
  if (state_.error.code == ParseErrc::none) return std::nullopt;
  return state_.error;
}

}  // namespace mig
