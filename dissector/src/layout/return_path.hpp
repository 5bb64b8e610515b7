// SPDX-License-Identifier: GPL-2.0-or-later
// Source: migration/migration.c migrate_send_rp_message() and its callers, source_return_path_thread().
#pragma once
#include <array>
#include <tuple>

#include "layout/io.hpp"
#include "mig/wire.hpp"

namespace mig {

/// A message of a be32, `type` of MessageType.
template <MessageType type>
struct ValueMessage {
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.message(type, [&] { io.be32("value", b.value, hex); });
  }
};

template <>
struct Layout<Shut> : ValueMessage<MessageType::shut> {
  static constexpr std::string_view name = "shut";
};
template <>
struct Layout<Pong> : ValueMessage<MessageType::pong> {
  static constexpr std::string_view name = "pong";
};
template <>
struct Layout<ResumeAck> : ValueMessage<MessageType::resume_ack> {
  static constexpr std::string_view name = "resume-ack";
};

template <>
struct Layout<PageRequest> {
  static constexpr std::string_view name = "page-request";
  static constexpr Role role = Role::header;
  static constexpr std::array<std::string_view, 3> first{"type", "length", "block"};
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.message(b.names_block ? MessageType::req_pages_id : MessageType::req_pages, [&] {
      io.be64("offset", b.start, hex);
      io.be32("size", b.length, hex);
      b.names_block ? io.cstr("block", b.block) : io.derived_name("block", b.block);
    });
    io.flag("named", b.names_block);
  }
};

template <>
struct Layout<RecvBitmap> {
  static constexpr std::string_view name = "recv-bitmap";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.message(MessageType::recv_bitmap, [&] { io.cstr("block", b.block); });
    io.be64("size", b.size);
  }
};

template <>
struct Layout<RecvBitmapEnd> {
  static constexpr std::string_view name = "recv-bitmap-end";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto&) {
    io.constant64(wire::recv_bitmap_end);
  }
};

template <>
struct Layout<SwitchoverAck> {
  static constexpr std::string_view name = "switchover-ack";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto&) {
    io.message(MessageType::switchover_ack, [] {});
  }
};

template <>
struct Layout<UnknownMessage> {
  static constexpr std::string_view name = "unknown-message";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be16("type", b.type, hex);
    io.be16("length", b.length);
  }
};

/// One of each message that is known; what a message is follows from its type alone.
inline constexpr std::tuple return_path_messages{
    Shut{},      Pong{},          PageRequest{no_block, 0, 0, true}, PageRequest{}, RecvBitmap{},
    ResumeAck{}, SwitchoverAck{},
};

}  // namespace mig
