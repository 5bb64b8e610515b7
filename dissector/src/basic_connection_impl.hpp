// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>

#include "mig/basic_connection.hpp"
#include "mig/forward_parser.hpp"
#include "mig/multifd_parser.hpp"
#include "mig/return_path_parser.hpp"

namespace mig {

/// Which channel the first bytes of a forward direction belong to; nullopt while there are too few of them.
/// `preempt`: the tables of the migration that has room for a preempt channel; nullptr: there is none.
[[nodiscard]] std::optional<ChannelKind> classify(Bytes first, const StreamTables* preempt) noexcept;

template <class Forward, class Multifd, class ReturnPath>
void BasicConnection<Forward, Multifd, ReturnPath>::begin(Direction forward, ChannelKind kind) {
  member_.kind = kind;
  decide();
  if (kind == ChannelKind::unknown) return;
  const auto* answering = std::get_if<OpaqueChannel>(&parser(other_direction(forward)));
  const bool untouched = answering != nullptr && answering->offset() == 0;
  if (kind == ChannelKind::tls) {
    parser(forward) = OpaqueChannel(ParseErrc::encrypted);
    if (untouched) parser(other_direction(forward)) = parser(forward);
    return;
  }
  belongs_to(set_->join(id_, kind));
  auto& tables = this->tables();
  switch (kind) {
    case ChannelKind::main: parser(forward) = Forward(ForwardParser(tables)); break;
    case ChannelKind::main_resumed:
      parser(forward) = Forward(ForwardParser(tables, ForwardStart::element));
      break;
    case ChannelKind::preempt:
      parser(forward) = Forward(ForwardParser(tables, ForwardStart::ram_records));
      break;
    default: parser(forward) = Multifd(MultifdParser(tables)); break;
  }
  if (is_main(kind) && untouched) parser(other_direction(forward)) = ReturnPath(ReturnPathParser(tables));
}

template <class Forward, class Multifd, class ReturnPath>
void BasicConnection<Forward, Multifd, ReturnPath>::start_forward(Bytes chunk, EventSink& sink) {
  const auto had = first_size_;
  const auto more = std::min(chunk.size(), first_.size() - had);
  std::copy_n(chunk.begin(), more, first_.begin() + static_cast<std::ptrdiff_t>(had));
  const Bytes first{first_.data(), had + more};
  const auto kind = classify(first, set_->open_to_preempt(id_));
  if (!kind) {
    first_size_ = had + more;
    return;
  }
  begin(Direction::forward, *kind);
  // What was held goes first; the chunk itself is fed as it came, so that its views stay views of the chunk.
  static_cast<void>(feed(Direction::forward, first.first(had), sink));
  static_cast<void>(feed(Direction::forward, chunk, sink));
}

/// There were too few first bytes to detect the channel.
template <class Forward, class Multifd, class ReturnPath>
void BasicConnection<Forward, Multifd, ReturnPath>::give_up(EventSink& sink) {
  const auto first = first_bytes();
  decide();
  static_cast<void>(feed(Direction::forward, first, sink));
}

template <class Forward, class Multifd, class ReturnPath>
std::optional<ParseError> BasicConnection<Forward, Multifd, ReturnPath>::feed(Direction direction,
                                                                              Bytes chunk, EventSink& sink) {
  if (chunk.empty()) return error(direction);
  if (direction == Direction::forward && !decided_) return start_forward(chunk, sink), error(direction);
  return std::visit([&](auto& parser) { return parser.feed(chunk, sink); }, parser(direction));
}

template <class Forward, class Multifd, class ReturnPath>
std::optional<ParseError> BasicConnection<Forward, Multifd, ReturnPath>::skip(Direction direction,
                                                                              std::uint64_t missing,
                                                                              EventSink& sink) {
  if (direction == Direction::forward && !decided_) give_up(sink);
  return std::visit([&](auto& parser) { return parser.skip(missing, sink); }, parser(direction));
}

template <class Forward, class Multifd, class ReturnPath>
std::optional<ParseError> BasicConnection<Forward, Multifd, ReturnPath>::finish(Direction direction,
                                                                                EventSink& sink) {
  if (direction == Direction::forward && first_size_ != 0) give_up(sink);
  return std::visit([&](auto& parser) { return parser.finish(sink); }, parser(direction));
}

template <class Forward, class Multifd, class ReturnPath>
Bytes BasicConnection<Forward, Multifd, ReturnPath>::held(Direction direction) const noexcept {
  if (first_size_ != 0 && direction == Direction::forward) return first_bytes();
  return std::visit([](const auto& parser) { return parser.held(); }, parser(direction));
}

template <class Forward, class Multifd, class ReturnPath>
std::optional<ParseError> BasicConnection<Forward, Multifd, ReturnPath>::error(
    Direction direction) const noexcept {
  return std::visit([](const auto& parser) { return parser.error(); }, parser(direction));
}

}  // namespace mig
