// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/middle_search.hpp"

#include "channel_run.hpp"
#include "element_look.hpp"
#include "message_look.hpp"
#include "mig/wire.hpp"
#include "packet_look.hpp"
#include "ram_look.hpp"

namespace mig {
namespace {

/// Nothing of this stands in the middle of a channel.
Answer look_at_file_header(Peek& peek) {
  const auto head = peek.need(0, 2);
  if (!head) return peek.starved();
  if (load_be16(*head) != wire::file_magic >> 16) return Answer::no;
  const auto header = peek.need(0, 8);
  if (!header) return peek.starved();
  const bool ours = load_be32(*header) == wire::file_magic && load_be32(*header, 4) == wire::file_version;
  return ours ? Answer::yes : Answer::no;
}

Answer look_at_tls(Peek& peek) {
  const auto head = peek.need(0, 3);
  if (!head) return peek.starved();
  return load_be16(*head) == wire::tls_handshake && load_u8(*head, 2) <= 4 ? Answer::yes : Answer::no;
}

}  // namespace

class MiddleRun : public ChannelRun<MiddleRun, MiddleState> {
 public:
  using Base = ChannelRun<MiddleRun, MiddleState>;
  using Base::Base;

  [[nodiscard]] Bytes rest() const noexcept { return in_.rest(); }
  /// The parser that takes over will say so.
  void resume(const Place& place) noexcept {
    state_.place = place;
    state_.at = At::found;
  }

 private:
  friend Base;

  static bool step() noexcept { return false; }
  static std::optional<Payload> absorbs(std::uint64_t) noexcept { return std::nullopt; }
  static bool may_end() noexcept { return true; }
  static void go_on(const Place&) noexcept {}

  [[nodiscard]] std::size_t next_place(Bytes bytes, std::size_t from) const noexcept {
    const auto due = next_due(state_.chains, state_.offset, bytes.size(), from);
    const auto begins = [](Bytes b) {
      return may_begin_element(b) || may_begin_record(b) || may_begin_message(b) || may_begin_packet(b);
    };
    while (from < due && state_.offset + from != 0 && !begins(bytes.subspan(from))) ++from;
    return from;
  }

  /// In the order of how much each says; the chains come last, for looking at them is part of watching them.
  Look look(Peek& peek, std::uint64_t place) {
    Look found;
    const auto is = [&](Shape shape, const Look& look) {
      found = look;
      state_.shape = look.answer == Answer::yes ? shape : Shape::none;
      return look.answer != Answer::no;
    };
    const bool at_start = place == 0 && (is(Shape::file_header, {look_at_file_header(peek), {}}) ||
                                         is(Shape::tls, {look_at_tls(peek), {}}));
    static_cast<void>(at_start || is(Shape::packets, {look_at_packet(peek), {Anchor::packet, no_block, 0}}) ||
                      (place == 0 && is(Shape::init_packet, {look_at_init_packet(peek), {}})) ||
                      is(Shape::messages, look_at_messages(peek)) ||
                      is(Shape::elements, look_at_elements(peek, tables_)) ||
                      is(Shape::records, look_at_records(peek, place, tables_, state_.chains)));
    return found;
  }
};

MiddleSearch::MiddleSearch(StreamTables& nothing, std::uint64_t offset)
    : ChannelParser(nothing, Resync::from_the_middle) {
  begin_lost();
  state_.offset = state_.lost_from = state_.error.offset = offset;
}

void MiddleSearch::search(Bytes& chunk, EventSink& sink) {
  MiddleRun run(state_, *tables_, chunk, sink);
  run.all();
  chunk = run.rest();
}

template class ChannelParser<MiddleState>;

}  // namespace mig
