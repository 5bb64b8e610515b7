// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/resync/resyncing.hpp"

#include <cassert>

namespace mig {
namespace {

/// Passes everything on, and Confirmed after the unit that confirms.
class ConfirmingSink final : public EventSink {
 public:
  ConfirmingSink(Confirmation& confirmation, EventSink& out) noexcept
      : confirmation_(confirmation), out_(out) {}
  void on_event(const Event& event, Bytes raw) override {
    out_.on_event(event, raw);
    if (confirmation_.pending()) confirmation_.add(event, out_);
  }

 private:
  Confirmation& confirmation_;
  EventSink& out_;
};

/// No resync point can follow.
bool is_final(ParseErrc code) noexcept {
  return code == ParseErrc::not_migration || code == ParseErrc::bad_file_version ||
         code == ParseErrc::truncated;
}

// ---- what differs by channel: the patterns, what is lost with the framing, the state at a resync point, and
// how many units in a row without a contradiction are no chance ----

Patterns patterns(const ForwardState& state) noexcept {
  using enum Pattern;
  return state.preempt ? Patterns{records} : Patterns{elements, records};
}
Patterns patterns(const MultifdState&) noexcept { return {Pattern::packets}; }
Patterns patterns(const ReturnPathState&) noexcept { return {Pattern::messages}; }

/// Names may have been in what is not parsed.
void lose_names(const ForwardState& state, StreamTables& tables) noexcept {
  if (tables.blocks().empty() || state.blocks_left != 0) tables.incomplete = true;
}
void lose_names(const ChannelState&, StreamTables&) noexcept {}

std::optional<OpenPackage> open_package(const ForwardState& state) noexcept {
  if (!state.in_package) return std::nullopt;
  return OpenPackage{state.package_left, state.package_length, state.last_block};
}
std::optional<OpenPackage> open_package(const ChannelState&) noexcept { return std::nullopt; }

unsigned units_to_confirm(const ForwardState&) noexcept { return 16; }
unsigned units_to_confirm(const MultifdState&) noexcept {
  return 2;
}  // the packet, and the next behind its end
unsigned units_to_confirm(const ReturnPathState&) noexcept { return 4; }

void learn(const ResyncPoint& point, StreamTables& tables) noexcept {
  if (point.anchor == Anchor::footer || point.anchor == Anchor::ram_eos) tables.footers = true;
  if (point.page_size != 0 && tables.page_size_source == PageSizeSource::assumed)
    tables.know_page_size(point.page_size, PageSizeSource::observed);
}

void resume_at(ForwardState& state, const ResyncPoint& point, const Search& search,
               const StreamTables& tables) {
  using At = ForwardState::At;
  state.preempt = !search.patterns().has(Pattern::elements);
  state.has_gaps = true;
  state.last_block = point.block;
  state.section.section = no_section;
  if (const auto& package = search.package()) {
    state.in_package = true;
    state.package_left = package->left;
    state.package_length = package->length;
  }
  switch (point.anchor) {
    case Anchor::footer: state.at = At::footer; break;
    case Anchor::command:
    case Anchor::package_end: state.at = At::element; break;
    default:
      state.at = At::ram_record;
      state.section_class = SectionClass::ram;
      if (point.anchor == Anchor::ram_records) state.section.section = tables.ram_section();
      break;
  }
}
void resume_at(MultifdState& state, const ResyncPoint&, const Search&, const StreamTables&) {
  state.at = MultifdState::At::packet;
}
void resume_at(ReturnPathState& state, const ResyncPoint& point, const Search&, const StreamTables&) {
  using At = ReturnPathState::At;
  state.at = point.anchor == Anchor::bitmap_end ? At::bitmap_end : At::message;
}

SectionId open_section(const ForwardState& state) noexcept { return state.section.section; }
SectionId open_section(const ChannelState&) noexcept { return no_section; }

}  // namespace

void Confirmation::add(const Event& event, EventSink& sink) {
  assert(pending());
  unit(event.body);
  if (!pending()) return sink.on_event(Event{{event.range.end, event.range.end}, Confirmed{}, no_extent}, {});
  const auto* package = std::get_if<PackageBegin>(&event.body);
  if (package != nullptr) guessed_package_end_ = event.range.end + package->length;
}

/// A section that ends by its own footer is no chance either.
void Confirmation::unit(const EventBody& body) noexcept {
  const auto* footer = std::get_if<SectionFooter>(&body);
  if (const auto* section = std::get_if<SectionHeader>(&body)) open_ = section->section;
  if (footer != nullptr && footer->section == open_) units_left_ = 1;
  // A message of an unknown type is framed by its length alone: it confirms nothing.
  if (starts_unit(body) && !std::holds_alternative<UnknownMessage>(body)) --units_left_;
}

template <class Parser>
Resyncing<Parser>::Resyncing(const Parser& parser, Joined joined) : tables_(&parser.tables()), now_(parser) {
  if (joined == Joined::mid_stream) lose(ParseErrc::start_unseen);
}

template <class Parser>
Resyncing<Parser>::Resyncing(const Parser& parser, const Search& search,
                             const std::optional<ResyncPoint>& point, EventSink& sink)
    : tables_(&parser.tables()), now_(search.narrowed(parser.tables(), patterns(parser.state()))) {
  note(search.loss());
  lose_names(parser.state(), *tables_);
  if (point) resume(*point, sink);
}

template <class Parser>
std::optional<ParseError> Resyncing<Parser>::feed(Bytes chunk, EventSink& sink) {
  run(chunk, false, sink);
  return error();
}

template <class Parser>
std::optional<ParseError> Resyncing<Parser>::skip(std::uint64_t missing, EventSink& sink) {
  run({}, false, sink);  // what a search has handed over
  if (auto* parser = std::get_if<Parser>(&now_)) {
    ConfirmingSink confirming(confirmation_, sink);
    if (parser->failed()) return static_cast<void>(parser->skip(missing, sink)), error();
    if (parser->pass_missing(missing, confirming)) return run({}, false, sink), error();
    lose(ParseErrc::lost_bytes);
  }
  if (const auto point = std::get<Search>(now_).skip(missing, sink)) resume(*point, sink);
  return error();
}

template <class Parser>
std::optional<ParseError> Resyncing<Parser>::finish(EventSink& sink) {
  run({}, true, sink);
  if (auto* parser = std::get_if<Parser>(&now_)) {
    ConfirmingSink confirming(confirmation_, sink);
    if (const auto error = parser->finish(confirming)) note(*error);
  }
  return error();
}

/// Parser and search take turns until the bytes are used up or one of them needs more.
template <class Parser>
void Resyncing<Parser>::run(Bytes chunk, bool last, EventSink& sink) {
  while (true) {
    if (auto* parser = std::get_if<Parser>(&now_)) {
      ConfirmingSink confirming(confirmation_, sink);
      chunk = parser->parse(chunk, confirmation_.pending() ? confirming : sink);
      const auto error = parser->error();
      if (!error) return;
      note(*error);
      if (is_final(error->code)) return static_cast<void>(parser->feed(chunk, sink));
      lose(error->code);
    } else {
      const auto point = std::get<Search>(now_).run(chunk, last, sink);
      if (!point) return;
      resume(*point, sink);
    }
  }
}

template <class Parser>
void Resyncing<Parser>::lose(ParseErrc code) {
  const auto state = std::get<Parser>(now_).state();
  const ParseError loss{code, state.offset};
  note(loss);
  confirmation_.abandon();
  lose_names(state, *tables_);
  now_ = Search(*tables_, patterns(state), state, loss, open_package(state));
}

template <class Parser>
void Resyncing<Parser>::resume(const ResyncPoint& point, EventSink& sink) {
  const auto search = std::get<Search>(now_);
  typename Parser::State state;
  static_cast<ChannelState&>(state) = search.at();
  resume_at(state, point, search, *tables_);
  learn(point, *tables_);
  now_ = Parser(*tables_, state);
  const StreamRange here{state.offset, state.offset};
  const auto lost = state.offset - search.loss().offset;
  const bool package_end = point.anchor == Anchor::package_end;
  const bool overrun = package_end && lost == 0;  // nothing was passed over
  const bool guess = !package_end || confirmation_.guessed_package(state.offset);
  if (!overrun) sink.on_event(Event{here, Resynchronised{point.anchor, lost}, no_extent}, {});
  if (guess) return confirmation_.begin(units_to_confirm(state), open_section(state));
  if (!overrun) sink.on_event(Event{here, Confirmed{}, no_extent}, {});
}

template class Resyncing<ForwardParser>;
template class Resyncing<MultifdParser>;
template class Resyncing<ReturnPathParser>;

}  // namespace mig
