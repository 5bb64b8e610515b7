// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/capture_decoder.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <functional>
#include <utility>

#include "common/text.hpp"
#include "vmstate/description.hpp"

namespace mig::replay {

namespace {

/// FNV-1a: connections to the same host, seen on the same interface, have the same number.
std::uint64_t host_number(const ConnectionInfo& info) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](unsigned byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const auto byte : info.server.address) add(byte);
  for (const auto c : info.interface.name) add(static_cast<unsigned char>(c));
  return hash;
}

bool is_page_contents(const Event& event) {
  const auto* gap = std::get_if<Missing>(&event.body);
  return gap != nullptr && gap->of &&
         (gap->of->kind == PayloadKind::page || gap->of->kind == PayloadKind::multifd_data);
}

/// False for what a parser had held back from chunks before.
bool lies_in(Bytes chunk, Bytes raw) {
  const std::less_equal<> in_order;
  return in_order(chunk.data(), raw.data()) && in_order(raw.data() + raw.size(), chunk.data() + chunk.size());
}

/// The EOF mark is among the bytes that the parser holds: it waits for what may follow a footer, and nothing
/// does. Tried on a copy.
bool ends_with_what_is_held(ResyncingConnection parser) {
  struct Eof final : EventSink {
    void on_event(const Event& event, Bytes) override {
      seen = std::holds_alternative<EndOfStream>(event.body);
    }
    bool seen = false;
  } eof;
  return !parser.finish(Direction::forward, eof) && eof.seen;
}

}  // namespace

struct CaptureDecoder::Sink final : EventSink {
  Sink(CaptureDecoder& a, ConnectionId id, Direction d, const Moment& m, Bytes bytes = {})
      : analysis(a), parser(a.connection(id)), state(a.state(id, d)), direction(d), now(m), chunk(bytes) {}
  void on_event(const Event& event, Bytes raw) override {
    if (contents_due != 0) return collect_contents(event, raw.size());
    if (!state.pages_recorded && is_page_contents(event)) return zeros(event);
    const auto* page = std::get_if<PageRecord>(&event.body);
    if (page != nullptr && is_whole(*page, raw)) return collect(event, raw, page->payload_size);
    tell_collected();
    state.guesses.add(event, raw, state.past.of(event.range, now), *this);
  }
  /// In the place of page contents that were not recorded.
  void zeros(const Event& gap) {
    static constexpr std::array<std::byte, 1U << 16> nothing{};
    auto [kind, offset] = *std::get<Missing>(gap.body).of;
    for (auto at = gap.range.begin; at < gap.range.end;) {
      const auto size = std::min<std::uint64_t>(gap.range.end - at, nothing.size());
      on_event({{at, at + size}, Payload{kind, offset}},
               Bytes(nothing).first(static_cast<std::size_t>(size)));
      at += size;
      offset += size;
    }
  }
  /// The record is certain, and its contents are in this chunk, too.
  [[nodiscard]] bool is_whole(const PageRecord& page, Bytes raw) const {
    if (state.after_reset || !lies_in(chunk, raw) || state.guesses.guessing()) return false;
    const auto rest = static_cast<std::size_t>(chunk.data() + chunk.size() - (raw.data() + raw.size()));
    if (page.payload_size == 0) return true;
    // An assumed page size may turn out to be another one in the middle of the contents.
    const auto* migration = parser.migration();
    return page.payload_size <= rest && migration != nullptr &&
           migration->tables().page_size_source != PageSizeSource::assumed;
  }
  void collect(const Event& record, Bytes raw, std::size_t contents) {
    auto& pages = analysis.whole_pages_;
    if (pages.empty()) collected = raw.first(0);
    pages.push_back(record);
    contents_due = contents;
    collected = {collected.data(), collected.size() + raw.size()};
  }
  void collect_contents([[maybe_unused]] const Event& event, std::size_t size) {
    assert(std::holds_alternative<Payload>(event.body));
    contents_due -= std::min(contents_due, size);
    collected = {collected.data(), collected.size() + size};
  }
  /// What was collected came whole in this chunk: now.
  void tell_collected() {
    if (!analysis.whole_pages_.empty())
      analysis.emit_whole_pages(context(now), collected, state.from_the_start);
  }
  void emitted(const Event& event, Bytes raw, const Moment& moment) const {
    if (!state.after_reset) return analysis.emit(context(moment), event, raw, state.from_the_start);
    for (auto* consumer : analysis.consumers_) consumer->undelivered(context(moment), event, raw);
  }
  void guessed(const Event& event, Bytes raw, const Moment& moment) const {
    for (auto* consumer : analysis.consumers_) consumer->guess(context(moment), event, raw);
  }
  /// What is still a guess at the end stays one.
  void give_up() { state.guesses.give_up(*this); }
  [[nodiscard]] EventContext context(const Moment& moment) const {
    return analysis.context(parser, direction, moment);
  }
  CaptureDecoder& analysis;
  ResyncingConnection& parser;
  DirectionState& state;
  Direction direction;  // as the capture has it
  Moment now;
  Bytes chunk, collected;
  std::size_t contents_due = 0;  // of the page collected last
};

void Consumer::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) {
  const auto begin = pages.front().range.begin;
  const auto emit_one = [&](const Event& one) {
    event(context, one, raw.subspan(static_cast<std::size_t>(one.range.begin - begin), one.range.size()));
  };
  for (const auto& page : pages) {
    emit_one(page);
    const auto contents = std::get<PageRecord>(page.body).payload_size;
    if (contents != 0) emit_one({{page.range.end, page.range.end + contents}, Payload{}});
  }
}

/// A page changes nothing of what is known of the migration, so the last one speaks for all.
void CaptureDecoder::emit_whole_pages(const EventContext& context, Bytes raw, bool from_the_start) {
  last_ = whole_pages_.back();
  remember(context, whole_pages_.back(), from_the_start);
  for (auto* consumer : consumers_) consumer->whole_pages(context, whole_pages_, raw);
  whole_pages_.clear();
}

void CaptureDecoder::remember(const EventContext& context, const Event& event, bool from_the_start) {
  notices_.clear();
  if (context.migration != nullptr)
    context.migration->delivered(place_of(context, event), event, notices_, from_the_start);
}

void CaptureDecoder::emit(const EventContext& context, const Event& event, Bytes raw, bool from_the_start) {
  last_ = event;
  if (const auto* mapped = std::get_if<MappedRamHeader>(&event.body)) check_place(*mapped, event.range.end);
  if (const auto* header = std::get_if<SectionHeader>(&event.body)) last_section_ = header->idstr;
  if (const auto* payload = std::get_if<Payload>(&event.body);
      payload != nullptr && payload->kind == PayloadKind::vm_description && context.migration != nullptr)
    learn_page_size(context.migration->tables(), *payload, raw);
  remember(context, event, from_the_start);
  for (auto* consumer : consumers_) consumer->event(context, event, raw);
  emit_notices(context);
}

/// A stream of zero pages does not show how large they are; its VM description says it, near its beginning.
void CaptureDecoder::learn_page_size(StreamTables& tables, const Payload& payload, Bytes raw) {
  constexpr std::size_t near = 1U << 15, smallest = 256, largest = 65536;
  if (tables.page_size_source != PageSizeSource::assumed) return;
  if (payload.offset == 0) description_.clear();
  if (payload.offset != description_.size() || payload.offset > near) return;
  description_ += as_text(raw);
  const auto size = vmstate::page_size_in(description_).value_or(0);
  if (std::has_single_bit(size) && size >= smallest && size <= largest)
    tables.know_page_size(static_cast<std::uint32_t>(size), PageSizeSource::vm_description);
}

void CaptureDecoder::emit_notices(const EventContext& context) {
  for (const auto notice : notices_) {
    for (auto* consumer : consumers_) consumer->notice(context, notice);
  }
}

void CaptureDecoder::started(Time time) {
  start_ = time;
  for (auto* consumer : consumers_) consumer->started(time);
}

void CaptureDecoder::comment(std::string_view text, Moment moment) {
  if (text == "migproxy ends") proxy_ends_ = when_of(moment);
  for (auto* consumer : consumers_) consumer->comment(text, moment);
}

void CaptureDecoder::comment_elsewhere(std::string_view text, Moment moment) {
  for (auto* consumer : consumers_) consumer->comment_elsewhere(text, moment);
}

void CaptureDecoder::opened(ConnectionId id, const ConnectionInfo& info, Moment moment) {
  set_.set_route(id, {host_number(info), info.server.port});
  connections_.emplace_back(set_, id, info.from_the_start ? Joined::at_start : Joined::mid_stream);
  for (auto& state : directions_.emplace_back()) {
    state.pages_recorded = info.interface.pages_recorded;
    state.from_the_start = info.from_the_start;
  }
  for (auto* consumer : consumers_) consumer->opened(id, info, moment);
}

ConnectionId CaptureDecoder::opened_stream(const StreamOrigin& origin) {
  const ConnectionId id{static_cast<std::uint32_t>(connections_.size())};
  origins_.push_back(origin);
  last_ = {};
  last_section_ = no_name;
  place_checked_ = false;
  opened(id, {}, {});
  return id;
}

/// The bitmap follows its header, and its offset counts from the start of the file.
void CaptureDecoder::check_place(const MappedRamHeader& header, std::uint64_t end) {
  if (origins_.empty() || header.bitmap_offset == 0) return;
  auto& origin = origins_.back();
  const auto front = header.bitmap_offset - end;
  if (front == origin.begin || origin.packed || std::exchange(place_checked_, true)) return;
  origin.facts.emplace_back("mapped_ram", "its offsets count from another start: the stream was at offset " +
                                              std::to_string(front) + " of its file");
}

std::string CaptureDecoder::stream_ended(ConnectionId id) {
  auto& parser = connection(id);
  if (ends_with_what_is_held(parser)) return closed(id, false, {}), std::string();
  const auto* migration = parser.migration();
  const auto held = parser.held(Direction::forward).size();
  const auto* payload = std::get_if<Payload>(&last_.body);
  const bool behind = payload != nullptr && payload->kind == PayloadKind::after_end;  // of any length
  const bool in_unit = !behind && (held != 0 || last_.extent.left != 0);
  const bool in_device = payload != nullptr && payload->kind == PayloadKind::device_state;
  const bool knows_its_end = migration == nullptr || migration->tables().footers.value_or(!in_device);
  const bool eof = migration != nullptr && migration->history().facts().eof;
  const bool unreadable = parser.error(Direction::forward).has_value();
  if (unreadable || !knows_its_end || (eof && !in_unit)) {
    closed(id, false, {});
    return {};
  }
  auto out = "truncated: it ends at offset " + std::to_string(last_.range.end + held + origins_.back().begin);
  if (migration != nullptr && last_section_ != no_name && last_.extent.in_section)
    out += ", in section \"" + printable(migration->tables().name(last_section_)) + "\"";
  const auto left = last_.extent.left;
  if (in_unit && left != 0 && left != Extent::unknown)
    out +=
        ", " + std::to_string(left - std::min<std::uint64_t>(left, held)) + " bytes before the end of a unit";
  return out + (eof ? "; the rest of the VM description is missing" : "; the end of the stream is missing");
}

void CaptureDecoder::data(ConnectionId id, Direction direction, Bytes bytes, Moment moment) {
  Sink sink(*this, id, direction, moment, bytes);
  sink.state.after_reset = sink.state.reset;
  sink.state.past.fed(bytes.size(), moment);
  static_cast<void>(sink.parser.feed(direction, bytes, sink));
  sink.tell_collected();
  sink.state.past.keep(sink.parser.held(direction).size());
}

void CaptureDecoder::missing(ConnectionId id, Direction direction, std::uint64_t count, Moment moment) {
  Sink sink(*this, id, direction, moment);
  sink.state.after_reset = sink.state.reset;
  sink.state.past.fed(count, moment);
  static_cast<void>(sink.parser.skip(direction, count, sink));
  sink.state.past.keep(sink.parser.held(direction).size());
}

EventContext CaptureDecoder::context(const ResyncingConnection& parser, Direction direction,
                                     const Moment& moment) {
  const auto carried = parser.actual_direction(direction);
  return {parser.migration(), parser.id(),   parser.kind(),       carried,
          moment.time,        moment.packet, carried != direction};
}

void CaptureDecoder::placed(ConnectionId id, Direction direction, const Segment&,
                            std::optional<std::uint64_t>) {
  if (!std::exchange(state(id, direction).heard, true)) {
    for (auto* consumer : consumers_) consumer->heard(context(connection(id), direction, {}));
  }
  const auto end = std::exchange(proxy_ends_, std::nullopt);
  if (!end) return;
  const auto where = context(connection(id), direction, {});
  if (where.migration != nullptr) where.migration->history().recording_ended(id, *end);
}

void CaptureDecoder::ended(ConnectionId id, Direction from, bool reset, Moment moment) {
  const auto where = context(connection(id), from, moment);
  const auto by = where.direction == Direction::forward ? Peer::source : Peer::destination;
  if (reset) reset_by_ = where.direction;
  const PeerEnd end{by, reset, when_of(moment)};
  if (where.migration != nullptr) where.migration->history().ended(id, where.channel, end);
  for (auto* consumer : consumers_) consumer->ended(where, end);
}

void CaptureDecoder::stalled(ConnectionId id, Direction direction, const Stall& stall) {
  const auto where = context(connection(id), direction, stall.end);
  if (where.migration != nullptr && is_main(where.channel) && stall.at_the_end)
    where.migration->history().backlog(where.direction,
                                       {stall.bytes, when_of(stall.begin), stall.zero_window});
  for (auto* consumer : consumers_) consumer->stalled(where, stall);
}

void CaptureDecoder::closed(ConnectionId id, bool reset, Moment moment) {
  auto& parser = connection(id);
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    Sink sink(*this, id, direction, moment);
    // More may be captured behind a reset: see finish().
    if (!reset) static_cast<void>(parser.finish(direction, sink));
    sink.give_up();
    sink.state.reset = reset;
  }
  auto context = this->context(parser, Direction::forward, moment);
  context.direction = Direction::forward;
  context.reversed = false;
  notices_.clear();
  const auto by = reset ? reset_by_ : context.direction;
  if (context.migration != nullptr) context.migration->closed({id, context.channel, by}, reset, notices_);
  for (auto* consumer : consumers_) consumer->closed(context, reset);
  emit_notices(context);
}

void CaptureDecoder::conflicting(ConnectionId id, Direction direction, Moment moment) {
  for (auto* consumer : consumers_) consumer->conflicting(context(connection(id), direction, moment));
}

void CaptureDecoder::finish_capture(const CaptureStatistics& statistics) {
  for (auto* consumer : consumers_) consumer->counted(statistics);
  finish(statistics.last);
}

void CaptureDecoder::finish(Time time) {
  for (auto& parser : connections_) {
    for (const auto direction : {Direction::forward, Direction::return_path}) {
      Sink sink(*this, parser.id(), direction, {time, 0});
      if (sink.state.reset && !sink.state.after_reset) static_cast<void>(parser.finish(direction, sink));
      sink.give_up();
      const auto held = parser.held(direction).size();
      if (held == 0) continue;
      for (auto* consumer : consumers_) consumer->unfinished(sink.context(sink.now), held);
    }
  }
  for (auto* consumer : consumers_) consumer->finished(time);
}

}  // namespace mig::replay
