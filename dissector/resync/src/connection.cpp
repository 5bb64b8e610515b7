// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/resync/connection.hpp"

#include <cassert>

#include "basic_connection_impl.hpp"

namespace mig {
namespace {

/// The channel that begins with this pattern.
std::optional<ChannelKind> beginning(Pattern pattern) noexcept {
  switch (pattern) {
    case Pattern::file_header: return ChannelKind::main;
    case Pattern::init_packet: return ChannelKind::multifd;
    case Pattern::tls: return ChannelKind::tls;
    default: return std::nullopt;
  }
}

/// The channel that carries this pattern. RAM records: the main channel does, too.
ChannelKind carrier(Pattern pattern) noexcept {
  if (pattern == Pattern::packets) return ChannelKind::multifd;
  return pattern == Pattern::records ? ChannelKind::preempt : ChannelKind::main;
}

}  // namespace

ResyncingConnection::ResyncingConnection(MembershipRegister& set, ConnectionId id, Joined joined)
    : ResyncingBase(set, id) {
  if (joined == Joined::mid_stream) search_both();
}

/// The first bytes do not say which channel it is, or are not there.
void ResyncingConnection::search_both() {
  for (const auto d : {Direction::forward, Direction::return_path}) {
    ChannelState at;
    at.offset = std::get<OpaqueChannel>(parser(d)).offset();
    search(d).emplace(set().empty_tables(), Patterns::all(), at,
                      ParseError{ParseErrc::start_unseen, at.offset});
  }
  decide();
}

std::optional<ParseError> ResyncingConnection::feed(Direction direction, Bytes chunk, EventSink& sink) {
  if (auto& searching = search(direction)) {
    const auto point = searching->run(chunk, false, sink);
    if (!point) return error(direction);
    found(direction, *point, sink);
    return std::visit([&](auto& parser) { return parser.feed(chunk, sink); }, parser(direction));
  }
  return ResyncingBase::feed(direction, chunk, sink);
}

std::optional<ParseError> ResyncingConnection::skip(Direction direction, std::uint64_t missing,
                                                    EventSink& sink) {
  if (direction == Direction::forward && !decided()) {
    const auto first = first_bytes();
    search_both();
    static_cast<void>(feed(direction, first, sink));
  }
  auto& searching = search(direction);
  if (!searching) return ResyncingBase::skip(direction, missing, sink);
  const auto point = searching->skip(missing, sink);
  assert(!point);  // it knows of no package
  return error(direction);
}

std::optional<ParseError> ResyncingConnection::finish(Direction direction, EventSink& sink) {
  if (auto& searching = search(direction)) {
    Bytes none;
    const auto point = searching->run(none, true, sink);
    if (!point) return error(direction);
    found(direction, *point, sink);
  }
  return ResyncingBase::finish(direction, sink);
}

void ResyncingConnection::found(Direction direction, const ResyncPoint& point, EventSink& sink) {
  if (const auto kind = beginning(point.pattern)) {
    const auto searched = *search(direction);
    search(direction).reset();
    reversed_ = direction != Direction::forward;
    begin(direction, *kind);
    static_cast<void>(ResyncingBase::feed(direction, searched.held(), sink));
    auto& answering = search(other_direction(direction));
    if (answering && answering->at().offset == 0 && answering->held().empty())
      answering.reset();  // begins, too
  } else {
    join(direction, point, sink);
  }
  settle_other_direction(direction, sink);
}

void ResyncingConnection::join(Direction direction, const ResyncPoint& point, EventSink& sink) {
  const auto member = set().join_mid_stream(id(), carrier(point.pattern));
  belongs_to(member);
  auto& tables = *member.tables;
  const auto searched = *search(direction);
  search(direction).reset();
  reversed_ = (direction == Direction::forward) == (point.pattern == Pattern::messages);
  if (point.pattern == Pattern::messages) {
    parser(direction) = Resyncing(ReturnPathParser(tables), searched, point, sink);
  } else if (point.pattern == Pattern::packets) {
    parser(direction) = Resyncing(MultifdParser(tables), searched, point, sink);
  } else {
    const bool preempt = member.kind == ChannelKind::preempt;
    const ForwardParser parsing(tables, preempt ? ForwardStart::ram_records : ForwardStart::element);
    parser(direction) = Resyncing(parsing, searched, point, sink);
  }
}

/// The other direction goes on searching, now for what belongs to the channel; or nothing in it can be
/// parsed.
void ResyncingConnection::settle_other_direction(Direction direction, EventSink& sink) {
  const auto rest = other_direction(direction);
  if (!search(rest)) return;
  const auto searched = *search(rest);
  search(rest).reset();
  const bool main = is_main(kind());
  if (!main) {
    parser(rest) = OpaqueChannel(ParseErrc::not_migration, searched.at());
  } else if (actual_direction(rest) == Direction::forward) {
    parser(rest) = Resyncing(ForwardParser(tables(), ForwardStart::element), searched, {}, sink);
  } else {
    parser(rest) = Resyncing(ReturnPathParser(tables()), searched, {}, sink);
  }
}

Bytes ResyncingConnection::held(Direction direction) const noexcept {
  const auto& searching = search(direction);
  return searching ? searching->held() : ResyncingBase::held(direction);
}

std::optional<ParseError> ResyncingConnection::error(Direction direction) const noexcept {
  const auto& searching = search(direction);
  return searching ? std::optional(searching->loss()) : ResyncingBase::error(direction);
}

template class BasicConnection<Resyncing<ForwardParser>, Resyncing<MultifdParser>,
                               Resyncing<ReturnPathParser>>;

}  // namespace mig
