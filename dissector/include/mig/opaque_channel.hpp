// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "mig/channel_parser.hpp"

namespace mig {

/// A direction that carries nothing we can read: all its bytes come out as Unparsed. Same members as
/// ChannelParser.
class OpaqueChannel {
 public:
  explicit OpaqueChannel(ParseErrc cause = ParseErrc::not_migration) noexcept : cause_(cause) {}
  /// Goes on for a search; what it holds comes out with the next call.
  OpaqueChannel(ParseErrc cause, const ChannelState& so_far) noexcept
      : cause_(cause), held_(so_far.held), offset_(so_far.offset) {}

  std::optional<ParseError> feed(Bytes chunk, EventSink& sink) {
    if (!held_.empty()) pass_bytes(held_.bytes(), sink);
    held_.drop(held_.size());
    if (!chunk.empty()) pass_bytes(chunk, sink);
    return error_;
  }
  std::optional<ParseError> skip(std::uint64_t missing, EventSink& sink) {
    static_cast<void>(feed({}, sink));
    pass(Missing{}, missing, {}, sink);
    return error_;
  }
  std::optional<ParseError> finish(EventSink& sink) { return feed({}, sink); }
  [[nodiscard]] Bytes held() const noexcept { return held_.bytes(); }
  [[nodiscard]] std::optional<ParseError> error() const noexcept { return error_; }
  /// Of the first byte not yet in an event.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

 private:
  void pass_bytes(Bytes bytes, EventSink& sink) {
    if (!error_) error_ = {cause_, offset_};
    pass(Unparsed{cause_}, bytes.size(), bytes, sink);
  }
  void pass(const EventBody& body, std::uint64_t size, Bytes raw, EventSink& sink) {
    const StreamRange range{offset_, offset_ + size};
    offset_ = range.end;
    sink.on_event(Event{range, body, no_extent}, raw);
  }

  ParseErrc cause_;
  HeldBytes held_;
  std::uint64_t offset_ = 0;
  std::optional<ParseError> error_;
};

}  // namespace mig
