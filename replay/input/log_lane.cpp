// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/log_lane.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "mig/wire.hpp"

namespace mig::replay {
namespace {

// The contents of a unit that says its size count as come with its header; a larger one's with what follows.
constexpr std::uint64_t at_once = 64U << 20;
constexpr std::uint64_t max_encrypted = 1ULL << 44;
constexpr std::array tls_record{std::byte{0x16}, std::byte{0x03}, std::byte{0x01}};

std::string incomplete(const LogLine& line) {
  return "the fields of this " + std::string(line.event()) + " are not complete";
}

bool names_block(std::string_view event) {
  return event == "page" || event == "zero-page" || event == "page-request";
}

}  // namespace

LogLane::Level LogLane::level_of(std::string_view event) {
  return event == "section" ? Level::section : event == "package" ? Level::package : Level::leaf;
}

bool LogLane::ends(Level level, std::string_view event) {
  return (level == Level::section && event == "footer") ||
         (level == Level::package && event == "package-end");
}

LogLane::Fate LogLane::fate_of(std::string_view decision) {
  if (decision == "dropped") return Fate::dropped;
  if (decision == "held") return Fate::held;
  return decision == "truncated" || decision == "closed" ? Fate::measured : Fate::leaves;
}

/// What stands between the unit before and this offset of the sender's stream.
std::string LogLane::settle(const LogLine& line, const Moment& moment) {
  const auto offset = line.number("offset").value_or(0);
  if (offset < in_)
    return "offset " + std::to_string(offset) + " lies before " + std::to_string(in_) +
           ", where the unit before ends";
  const auto gap = offset - in_;
  if (gap > max_gap) return std::to_string(gap) + " bytes without a line are more than a unit can have";
  in_ = offset;
  tell_run(UINT64_MAX);
  if (gap != 0) {
    // Where this line is the first behind a cut, it says how far the contents before it came.
    const auto cut = fate_of(line.text("decision")) == Fate::measured ? line.number("sent") : std::nullopt;
    const auto left = cut ? std::min(gap, *cut - std::min(*cut, out_)) : gap;
    const auto waiting = fate_ == Fate::held ? held_.find(holding_) : held_.end();
    if (waiting != held_.end()) waiting->second.back().contents += gap;
    // Of a unit that was let go in the meantime the rest follows.
    if (fate_ == Fate::leaves || (fate_ == Fate::held && waiting == held_.end())) behind_header(left, moment);
    if (fate_ == Fate::measured && !cut_.empty()) cut_.back().contents += gap;
  }
  if (copied_ == Level::leaf && line.kind() != "part") end_copy(moment);
  return {};
}

/// Bytes behind the header that left last. How many they are only what follows tells: a connection may have
/// broken within them.
void LogLane::behind_header(std::uint64_t count, const Moment& moment) {
  const auto rest = count - announced(count);
  if (copied_ && !copy_.empty()) copy_.back().contents += rest;
  contents(rest, moment);
}

/// What that header has announced of them came with it; returns how many these are.
std::uint64_t LogLane::announced(std::uint64_t count) {
  auto left = count - offsets(std::exchange(offsets_, std::nullopt), count, left_at_);
  for (auto due = sink_.contents_due(id_, direction_); due != 0 && due <= at_once && left != 0;
       due = sink_.contents_due(id_, direction_)) {
    contents(std::min(due, left), left_at_);
    left -= std::min(due, left);
  }
  if (copied_ && !copy_.empty()) copy_.back().contents += count - left;
  return count - left;
}

void LogLane::contents(std::uint64_t count, const Moment& moment) {
  if (count == 0) return;
  out_ += count;
  sink_.contents(id_, direction_, count, moment);
}

/// Offsets in a multifd packet, where they have no lines of their own; returns what they take of `room`.
std::uint64_t LogLane::offsets(const std::optional<Counted>& offsets, std::uint64_t room,
                               const Moment& moment) {
  if (!offsets || offsets->size > room) return 0;
  sink_.pages(id_, direction_, offsets->size, offsets->counts, offsets->block, moment);
  out_ += offsets->size;
  return offsets->size;
}

std::optional<LogLane::Counted> LogLane::offsets_of(const LogLine& line) const {
  if (line.event() != "multifd-packet" || pages_listed_) return std::nullopt;
  Counted out;
  out.counts.pages = line.field_number("normal_pages").value_or(0);
  out.counts.zero_pages = line.field_number("zero_pages").value_or(0);
  out.block = line.field_text("block").value_or(std::string());
  out.size = 8 * (out.counts.pages + out.counts.zero_pages);
  return out.size != 0 ? std::optional(out) : std::nullopt;
}

void LogLane::send(Bytes header, const Moment& moment) {
  out_ += header.size();
  // The scan for the end of device state would look at what follows, of which only the number is known.
  if (!header.empty() && load_u8(header) == wire::vm_section_footer) sink_.contents_end(id_, direction_);
  sink_.data(id_, direction_, header, moment);
}

void LogLane::send(const Shape& shape, std::uint64_t limit, const Moment& moment) {
  for (const auto& piece : shape) {
    const auto front = std::min<std::uint64_t>(piece.header.size(), limit);
    if (front != 0) send(Bytes(piece.header).first(static_cast<std::size_t>(front)), moment);
    limit -= front;
    const auto rest = std::min(piece.contents, limit);
    contents(rest - offsets(piece.offsets, rest, moment), moment);
    limit -= rest;
  }
}

LogLane::Shape LogLane::take(Shape& shape) {
  kept_ -= std::min(kept_, shape.size());
  return std::exchange(shape, {});
}

/// A unit that a rule sends twice is kept, with all that is in it, until it has ended.
std::string LogLane::copy(const LogLine& line, const std::vector<std::byte>& header) {
  if (line.text("decision") == "duplicated" && !copied_) copied_ = level_of(line.event());
  if (!copied_) return {};
  if (++kept_ > max_kept) return "a unit that is sent twice has more parts than can be kept";
  copy_.push_back({header, 0, offsets_of(line), {}, false});
  return {};
}

void LogLane::end_copy(const Moment& moment) {
  copied_.reset();
  send(take(copy_), UINT64_MAX, moment);
}

/// Where the receiver does not know the block of a record without a name, migproxy puts the name in.
std::vector<std::byte> LogLane::header_of(const LogLine& line) {
  if (!names_block(line.event())) return line.header();
  const auto block = line.field_text("block").value_or(std::string());
  const bool unknown = block != block_;
  block_ = block;
  return line.header(unknown);
}

std::string LogLane::keep(Shape& shape, const LogLine& line, std::vector<std::byte> header) {
  if (++kept_ > max_kept) return "more units wait here than can be kept";
  if (header.empty()) return incomplete(line);
  shape.push_back({std::move(header), 0, offsets_of(line), std::string(line.event()), line.kind() == "part"});
  return {};
}

std::string LogLane::unit(const LogLine& line, const Moment& moment) {
  const auto decision = line.text("decision");
  if (decision == "released") return release(line, moment), std::string();
  if (decision == "injected") {
    const auto header = header_of(line);
    if (header.empty()) return incomplete(line);
    before(line, header.size(), moment);
    return send(header, moment), std::string();
  }
  return own_unit(line, moment);
}

std::string LogLane::own_unit(const LogLine& line, const Moment& moment) {
  const auto offset = line.number("offset");
  const auto length = line.number("length");
  if (!offset || !length) return "no offset and length";
  // A rule that cuts behind a header (after=) is told at the cut, behind what stands between.
  if (*offset < in_ && line.text("decision") == "closed") return {};
  if (auto wrong = settle(line, moment); !wrong.empty()) return wrong;
  if (*length > HeldBytes::capacity) return "no header is " + std::to_string(*length) + " bytes long";
  fate_ = fate_of(line.text("decision"));
  in_ += *length;
  const bool empty = line.event() == "package-end";
  if (!empty && fate_ == Fate::held) return keep(held_[holding_ = *offset], line, line.header());
  if (!empty && fate_ == Fate::measured) return keep(cut_, line, header_of(line));
  if (!empty && fate_ == Fate::leaves) {
    if (auto wrong = leave(line, moment); !wrong.empty()) return wrong;
  }
  if (copied_ && ends(*copied_, line.event())) end_copy(moment);
  return {};
}

std::string LogLane::leave(const LogLine& line, const Moment& moment) {
  const auto header = header_of(line);
  if (header.empty()) return incomplete(line);
  if (!cut_.empty()) {
    const auto end = line.number("sent").value_or(0);
    const auto room = end - std::min<std::uint64_t>(end, header.size());
    send(take(cut_), room - std::min(room, out_), moment);
  }
  if (auto wrong = copy(line, header); !wrong.empty()) return wrong;
  send(header, moment);
  offsets_ = offsets_of(line);
  left_at_ = moment;
  return {};
}

/// A unit that does not leave in its place comes behind the contents that had left.
void LogLane::before(const LogLine& line, std::size_t size, const Moment& moment) {
  tell_run(UINT64_MAX);
  const auto end = line.number("sent").value_or(0);
  const auto gap = end - std::min(end, out_ + size);
  if (fate_ == Fate::leaves) in_ += announced(gap);
  left_at_ = moment;
}

/// A unit that was held goes on its way: with what was in it, where it is a section or a package.
void LogLane::release(const LogLine& line, const Moment& moment) {
  auto at = held_.find(line.number("offset").value_or(UINT64_MAX));
  if (at == held_.end()) return;
  const auto level = level_of(line.event());
  before(line, at->second.empty() ? 0 : at->second.front().header.size(), moment);
  bool first = true;
  for (bool last = false; at != held_.end() && !last; at = held_.erase(at)) {
    const auto& piece = at->second.front();
    if (!first && level == Level::leaf && !piece.part) break;
    last = ends(level, piece.event);
    auto shape = take(at->second);
    if (auto header = first ? header_of(line) : std::vector<std::byte>(); !header.empty())
      shape.front().header = std::move(header);
    first = false;
    send(shape, UINT64_MAX, moment);
  }
}

std::string LogLane::pages(const LogLine& line, const Moment& moment) {
  const auto offset = line.number("offset");
  const auto length = line.number("length");
  if (!offset || !length) return "no offset and length";
  if (auto wrong = settle(line, moment); !wrong.empty()) return wrong;
  if (*length > UINT64_MAX / 4 - in_) return "no run of pages is " + std::to_string(*length) + " bytes long";
  const auto count = [&](std::string_view key) { return line.number(key).value_or(0); };
  const PagesCounted counts{count("pages"), count("zero_pages"), count("xbzrle_pages"), count("page_bytes"),
                            count("zero_bytes")};
  const bool sound = counts.page_bytes <= *length && counts.zero_bytes <= *length - counts.page_bytes &&
                     counts.pages <= *length && counts.zero_pages <= *length &&
                     counts.xbzrle_pages <= counts.pages;
  if (!sound) return "the counts of this run do not fit its length";
  fate_ = Fate::leaves;
  block_ = unescaped(line.text("block")).value_or(std::string());
  run_ = {counts, block_, *length};
  left_at_ = moment;
  in_ += *length;
  if (out_ == 0) tell_run(UINT64_MAX);  // which channel it is, others ask soon
  return {};
}

/// The run of pages that was counted last. Where a connection broke within its last page, less of it passed.
void LogLane::tell_run(std::uint64_t limit) {
  if (!run_) return;
  auto run = *std::exchange(run_, std::nullopt);
  const auto cut = std::min(run.counts.page_bytes, run.size - std::min(run.size, limit));
  run.size -= cut;
  run.counts.page_bytes -= cut;
  sink_.pages(id_, direction_, run.size, run.counts, run.block, left_at_);
  out_ += run.size;
}

std::string LogLane::close(std::uint64_t sent, bool encrypted, const Moment& moment) {
  tell_run(sent - std::min(sent, out_));
  if (!cut_.empty()) send(take(cut_), sent - std::min(sent, out_), moment);
  if (encrypted && out_ == 0 && direction_ == Direction::forward && sent >= tls_record.size())
    send(tls_record, moment);
  const auto rest = sent - std::min(sent, out_);
  if (copied_ && fate_ == Fate::leaves) {
    behind_header(std::min(rest, sink_.contents_due(id_, direction_)), moment);
    copied_.reset();
    send(take(copy_), sent - std::min(sent, out_), moment);
    return {};
  }
  if (rest > (encrypted ? max_encrypted : max_gap))
    return std::to_string(rest) + " bytes without a line are more than a unit can have";
  if (fate_ == Fate::leaves) behind_header(rest, moment);
  return {};
}

}  // namespace mig::replay
