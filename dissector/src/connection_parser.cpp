// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/connection_parser.hpp"

#include <algorithm>
#include <bit>

#include "mig/migration.hpp"
#include "mig/wire.hpp"

namespace mig {
namespace {

constexpr std::size_t direction_index(Direction d) noexcept { return static_cast<std::size_t>(d); }

/// A be64 that can start a preempt channel: a page record with one type flag (docs/protocol.md 1.4).
bool starts_ram_record(std::uint64_t word, std::uint32_t page_size) noexcept {
  const auto flags = word & (page_size - 1);
  if (word == wire::ram_eos)
    return true;  // all that a preempt channel after recovery may carry (machine <= 7.2)
  const auto type = flags & ~wire::ram_continue;
  return type == wire::ram_page || type == wire::ram_zero;
}

}  // namespace

ConnectionParser::ConnectionParser(MigrationSet& set, ConnectionId id) : set_(&set), id_(id) {}

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
  const auto* migration = set_->open_to_preempt();
  if (migration == nullptr) return ChannelKind::unknown;
  if (first.size() < 8) return std::nullopt;
  return starts_ram_record(load_be64(first), migration->tables().page_size) ? ChannelKind::preempt
                                                                            : ChannelKind::unknown;
}

void ConnectionParser::join(ChannelKind kind) {
  kind_ = kind;
  decided_ = true;
  if (kind == ChannelKind::unknown || kind == ChannelKind::tls) return;
  migration_ = &set_->join(id_, kind);
  auto& tables = migration_->tables();
  switch (kind) {
    case ChannelKind::main: forward_.emplace<ForwardParser>(tables, ForwardStart::file_header); break;
    case ChannelKind::main_resumed: forward_.emplace<ForwardParser>(tables, ForwardStart::element); break;
    case ChannelKind::preempt: forward_.emplace<ForwardParser>(tables, ForwardStart::ram_records); break;
    case ChannelKind::multifd: forward_.emplace<MultifdParser>(tables); break;
    default: break;
  }
  if (kind == ChannelKind::main || kind == ChannelKind::main_resumed) back_.emplace(tables);
}

std::optional<ParseError> ConnectionParser::pass(Direction direction, Bytes chunk, EventSink& sink) {
  auto& error = error_[direction_index(direction)];
  auto& offset = opaque_offset_[direction_index(direction)];
  if (!error) error = {kind_ == ChannelKind::tls ? ParseErrc::encrypted : ParseErrc::not_migration, offset};
  if (chunk.empty()) return error;
  const StreamRange range{offset, offset + chunk.size()};
  offset = range.end;
  sink.on_event(Event{range, Unparsed{error->code}}, chunk);
  return error;
}

std::optional<ParseError> ConnectionParser::feed_forward(Bytes chunk, EventSink& sink) {
  if (auto* main = std::get_if<ForwardParser>(&forward_)) return main->feed(chunk, sink);
  if (auto* multifd = std::get_if<MultifdParser>(&forward_)) return multifd->feed(chunk, sink);
  return pass(Direction::forward, chunk, sink);
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
  join(*kind);
  first_size_ = 0;
  // What was held goes first; the chunk itself is fed as it came, so that its views stay views of the chunk.
  if (had != 0) static_cast<void>(feed_forward(first.first(had), sink));
  return feed_forward(chunk, sink);
}

std::optional<ParseError> ConnectionParser::feed(Direction direction, Bytes chunk, EventSink& sink) {
  if (chunk.empty()) return error(direction);
  if (direction == Direction::forward)
    return decided_ ? feed_forward(chunk, sink) : start_forward(chunk, sink);
  if (back_) return back_->feed(chunk, sink);
  return pass(direction, chunk, sink);
}

std::optional<ParseError> ConnectionParser::skip(Direction direction, std::uint64_t missing,
                                                 EventSink& sink) {
  if (direction == Direction::return_path && back_) return back_->skip(missing, sink);
  if (direction == Direction::forward) {
    if (!decided_) give_up(sink);
    if (auto* main = std::get_if<ForwardParser>(&forward_)) return main->skip(missing, sink);
    if (auto* multifd = std::get_if<MultifdParser>(&forward_)) return multifd->skip(missing, sink);
  }
  auto& offset = opaque_offset_[direction_index(direction)];
  const StreamRange range{offset, offset + missing};
  offset = range.end;
  sink.on_event(Event{range, Missing{}}, {});
  return error(direction);
}

/// The first bytes never became enough to tell the channel.
void ConnectionParser::give_up(EventSink& sink) {
  join(ChannelKind::unknown);
  const Bytes first{first_.data(), first_size_};
  first_size_ = 0;
  if (!first.empty()) static_cast<void>(pass(Direction::forward, first, sink));
}

std::optional<ParseError> ConnectionParser::finish(Direction direction, EventSink& sink) {
  if (direction == Direction::return_path) return back_ ? back_->finish(sink) : error(direction);
  if (!decided_ && first_size_ != 0) give_up(sink);
  if (auto* main = std::get_if<ForwardParser>(&forward_)) return main->finish(sink);
  if (auto* multifd = std::get_if<MultifdParser>(&forward_)) return multifd->finish(sink);
  return error(direction);
}

Bytes ConnectionParser::held(Direction direction) const noexcept {
  if (direction == Direction::return_path) return back_ ? back_->held() : Bytes();
  if (const auto* main = std::get_if<ForwardParser>(&forward_)) return main->held();
  if (const auto* multifd = std::get_if<MultifdParser>(&forward_)) return multifd->held();
  return {first_.data(), first_size_};
}

std::optional<ParseError> ConnectionParser::error(Direction direction) const noexcept {
  if (direction == Direction::return_path && back_) return back_->error();
  if (direction == Direction::forward) {
    if (const auto* main = std::get_if<ForwardParser>(&forward_)) return main->error();
    if (const auto* multifd = std::get_if<MultifdParser>(&forward_)) return multifd->error();
  }
  return error_[direction_index(direction)];
}

}  // namespace mig
