// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/connection_parser.hpp"

#include <algorithm>
#include <bit>

#include "mig/migration.hpp"
#include "mig/wire.hpp"

namespace mig {
namespace {

/// A be64 that can start a preempt channel: a page record with one type flag (docs/protocol.md 1.4).
bool starts_ram_record(std::uint64_t word, std::uint32_t page_size) noexcept {
  const auto flags = word & (page_size - 1);
  if (word == wire::ram_eos)
    return true;  // all that a preempt channel after recovery may carry (machine <= 7.2)
  const auto type = flags & ~wire::ram_continue;
  return type == wire::ram_page || type == wire::ram_zero;
}

/// No byte of this direction has come yet.
template <class Parser>
bool is_untouched(const Parser& parser) noexcept {
  if (const auto* opaque = std::get_if<OpaqueChannel>(&parser)) return opaque->offset() == 0;
  const auto* search = std::get_if<MiddleSearch>(&parser);
  return search != nullptr && search->so_far().offset == 0 && search->held().empty();
}

}  // namespace

ConnectionParser::ConnectionParser(MigrationSet& set, ConnectionId id, Resync resync)
    : set_(&set), id_(id), resync_(resync) {
  if (resync != Resync::from_the_middle) return;
  ways_.fill(MiddleSearch(set.nothing_known()));
  decided_ = true;  // by searching
}

/// Which channel the first bytes belong to; nullopt while there are too few of them.
std::optional<ChannelKind> ConnectionParser::classify(Bytes first) const noexcept {
  const auto word = [&] { return load_be32(first); };
  if (first.size() >= 2 && load_u8(first) == 0x16 && load_u8(first, 1) == 0x03) return ChannelKind::tls;
  if (first.size() < 4) return std::nullopt;
  if (word() == wire::file_magic) return ChannelKind::main;
  if (word() == wire::multifd_magic) return ChannelKind::multifd;
  const auto command = load_be16(first, 1);
  const bool resumes = load_u8(first) == wire::vm_command &&
                       (command == static_cast<std::uint16_t>(CommandType::recv_bitmap) ||
                        command == static_cast<std::uint16_t>(CommandType::postcopy_resume));
  if (resumes) return ChannelKind::main_resumed;
  const auto* migration = set_->open_to_preempt(id_);
  if (migration == nullptr) return ChannelKind::unknown;
  if (first.size() < 8) return std::nullopt;
  return starts_ram_record(load_be64(first), migration->tables().page_size) ? ChannelKind::preempt
                                                                            : ChannelKind::unknown;
}

void ConnectionParser::begin(Direction direction, ChannelKind kind) {
  kind_ = kind;
  decided_ = true;
  reversed_ = direction != Direction::forward;
  auto& forward = way(direction);
  auto& back = way(other(direction));
  if (kind == ChannelKind::unknown) return;
  if (kind == ChannelKind::tls) {
    forward = OpaqueChannel(ParseErrc::encrypted);
    if (is_untouched(back)) back = forward;
    return;
  }
  migration_ = &set_->join(id_, kind);
  auto& tables = migration_->tables();
  const auto resync = resync_ == Resync::never ? Resync::never : Resync::after_loss;
  switch (kind) {
    case ChannelKind::main: forward = ForwardParser(tables, ForwardStart::file_header, resync); break;
    case ChannelKind::main_resumed: forward = ForwardParser(tables, ForwardStart::element, resync); break;
    case ChannelKind::preempt: forward = ForwardParser(tables, ForwardStart::ram_records, resync); break;
    default: forward = MultifdParser(tables, resync); break;
  }
  const bool main = kind == ChannelKind::main || kind == ChannelKind::main_resumed;
  if (main && is_untouched(back)) back = ReturnPathParser(tables, resync);
}

std::optional<ParseError> ConnectionParser::start_forward(Bytes chunk, EventSink& sink) {
  const auto had = first_size_;
  const auto more = std::min(chunk.size(), first_.size() - had);
  std::copy_n(chunk.begin(), more, first_.begin() + static_cast<std::ptrdiff_t>(had));
  const Bytes first{first_.data(), had + more};
  const auto kind = classify(first);
  if (!kind) {
    first_size_ = had + more;
    return std::nullopt;
  }
  begin(Direction::forward, *kind);
  first_size_ = 0;
  // What was held goes first; the chunk itself is fed as it came, so that its views stay views of the chunk.
  if (had != 0) static_cast<void>(feed(Direction::forward, first.first(had), sink));
  return feed(Direction::forward, chunk, sink);
}

/// The first bytes never became enough to tell the channel.
void ConnectionParser::give_up(EventSink& sink) {
  decided_ = true;
  const Bytes first{first_.data(), first_size_};
  first_size_ = 0;
  static_cast<void>(feed(Direction::forward, first, sink));
}

// ---- joined in the middle ----

/// Bytes are missing before the channel was known.
void ConnectionParser::search_both() {
  for (auto& one : ways_) one = MiddleSearch(set_->nothing_known(), std::get<OpaqueChannel>(one).offset());
  decided_ = true;
}

/// Takes from `chunk` until it is known what this direction carries; the rest is for the parser of that.
void ConnectionParser::search(Direction direction, Bytes& chunk, EventSink& sink) {
  auto* search = std::get_if<MiddleSearch>(&way(direction));
  if (search == nullptr) return;
  search->search(chunk, sink);
  if (search->shape() != Shape::none) found(direction, sink);
}

template <class Channel>
void ConnectionParser::take_over(Direction direction, Channel channel, const Place& place, EventSink& sink) {
  const auto* search = std::get_if<MiddleSearch>(&way(direction));
  if (search != nullptr) channel.take_over(search->so_far(), place, sink);
  way(direction) = channel;
}

void ConnectionParser::found(Direction direction, EventSink& sink) {
  const auto search = std::get<MiddleSearch>(way(direction));
  const auto shape = search.shape();
  if (shape <= Shape::tls) {
    const auto kind = shape == Shape::file_header   ? ChannelKind::main
                      : shape == Shape::init_packet ? ChannelKind::multifd
                                                    : ChannelKind::tls;
    begin(direction, kind);
    static_cast<void>(feed(direction, search.held(), sink));
    return leave_other(direction, sink);
  }
  const auto joined = set_->join_in_the_middle(id_, shape);
  kind_ = joined.kind;
  migration_ = &joined.migration;
  auto& tables = joined.migration.tables();
  const auto middle = Resync::from_the_middle;
  const auto start = kind_ == ChannelKind::preempt ? ForwardStart::ram_records : ForwardStart::element;
  const auto forward = shape == Shape::messages ? other(direction) : direction;
  reversed_ = forward != Direction::forward;
  switch (shape) {
    case Shape::messages: take_over(direction, ReturnPathParser(tables, middle), search.place(), sink); break;
    case Shape::packets: take_over(direction, MultifdParser(tables, middle), search.place(), sink); break;
    default: take_over(direction, ForwardParser(tables, start, middle), search.place(), sink); break;
  }
  leave_other(direction, sink);
}

/// The other direction goes on searching, now for what belongs to the channel; or has nothing to say.
void ConnectionParser::leave_other(Direction direction, EventSink& sink) {
  const auto rest = other(direction);
  const auto* search = std::get_if<MiddleSearch>(&way(rest));
  if (search == nullptr) return;
  const bool main = kind_ == ChannelKind::main || kind_ == ChannelKind::main_resumed;
  if (!main) {
    way(rest) = OpaqueChannel(ParseErrc::not_migration, search->so_far());
  } else if (carries(rest) == Direction::forward) {
    take_over(rest, ForwardParser(migration_->tables(), ForwardStart::element, Resync::from_the_middle), {},
              sink);
  } else {
    take_over(rest, ReturnPathParser(migration_->tables(), Resync::from_the_middle), {}, sink);
  }
}

// ---- both directions ----

std::optional<ParseError> ConnectionParser::feed(Direction direction, Bytes chunk, EventSink& sink) {
  if (chunk.empty()) return error(direction);
  if (direction == Direction::forward && !decided_) return start_forward(chunk, sink);
  search(direction, chunk, sink);
  if (std::holds_alternative<MiddleSearch>(way(direction))) return error(direction);
  return std::visit([&](auto& parser) { return parser.feed(chunk, sink); }, way(direction));
}

std::optional<ParseError> ConnectionParser::skip(Direction direction, std::uint64_t missing,
                                                 EventSink& sink) {
  if (direction == Direction::forward && !decided_) {
    if (resync_ != Resync::never) search_both();
    give_up(sink);
  }
  return std::visit([&](auto& parser) { return parser.skip(missing, sink); }, way(direction));
}

std::optional<ParseError> ConnectionParser::finish(Direction direction, EventSink& sink) {
  if (direction == Direction::forward && !decided_ && first_size_ != 0) give_up(sink);
  const auto finish_way = [&] {
    return std::visit([&](auto& parser) { return parser.finish(sink); }, way(direction));
  };
  static_cast<void>(finish_way());
  const auto* search = std::get_if<MiddleSearch>(&way(direction));
  if (search == nullptr || search->shape() == Shape::none) return error(direction);
  found(direction, sink);  // by how the stream ends
  return finish_way();
}

Bytes ConnectionParser::held(Direction direction) const noexcept {
  if (first_size_ != 0 && direction == Direction::forward) return {first_.data(), first_size_};
  return std::visit([](const auto& parser) { return parser.held(); }, way(direction));
}

std::optional<ParseError> ConnectionParser::error(Direction direction) const noexcept {
  return std::visit([](const auto& parser) { return parser.error(); }, way(direction));
}

}  // namespace mig
