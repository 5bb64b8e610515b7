// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <utility>

#include "mig/describe.hpp"
#include "mig/fields.hpp"
#include "mig/wire.hpp"
#include "replay/analyses/timeline.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {

namespace {

Mark mark_of(const EventContext& context, std::string what, std::string text) {
  Mark m;
  m.what = std::move(what);
  m.text = std::move(text);
  m.time = context.time;
  m.packet = context.packet;
  m.connection = context.connection;
  m.channel = context.channel;
  m.direction = context.direction;
  return m;
}

bool is_page(const EventBody& body) {
  return std::holds_alternative<PageRecord>(body) || std::holds_alternative<MultifdPage>(body);
}

/// Answers to PINGs that say the devices are loaded: 0x42, and 3 for a source that does not send that.
bool says_loaded(const Facts& facts, std::uint32_t pong) {
  return pong == wire::ping_package_loaded || (pong == 3 && facts.ping_listening && !facts.ping_loaded);
}

}  // namespace

Mark* TimelineAnalysis::add(State& state, Mark mark) {
  if (state.marks.size() >= Timeline::max_marks) {
    ++state.left_out;
    return nullptr;
  }
  state.marks.push_back(std::move(mark));
  return &state.marks.back();
}

/// Notes one event; one overload per body that has a place on the clock.
struct TimelineAnalysis::Writer {
  State& state;
  const EventContext& context;
  const Event& event;

  Mark* unit(std::uint64_t bytes = 0) const {
    auto mark = mark_of(context, std::string(unit_name(event.body)),
                        describe_unit(event, context.migration->tables()));
    mark.offset = event.range.begin;
    mark.bytes = bytes != 0 ? bytes : event.range.size();
    return add(state, std::move(mark));
  }
  /// The mark just added, to be ended later.
  std::optional<std::size_t> newest(const Mark* added) const {
    return added != nullptr ? std::optional(state.marks.size() - 1) : std::nullopt;
  }

  template <class T>
  void operator()(const T&) const {}
  void operator()(const SectionHeader& b) const {
    state.device.reset();
    if (b.type == SectionType::end) unit();
    if (b.type != SectionType::full) return;
    auto* mark = unit();
    state.device = newest(mark);
    if (mark == nullptr) return;
    mark->what = "device";
    mark->idstr = context.migration->tables().name(b.idstr);
    mark->section_id = static_cast<std::uint32_t>(b.section);
    mark->instance_id = b.instance_id;
    mark->version_id = b.version_id;
    mark->in_package = b.in_package;
    mark->bytes = 0;  // counted as they come, this header too
  }
  void operator()(const EndOfStream&) const { unit(); }
  void operator()(const VmDescription& b) const { unit(b.length); }
  void operator()(const Command& b) const {
    if (auto* mark = unit()) mark->in_package = b.in_package;
  }
  void operator()(const Ping& b) const {
    if (auto* mark = unit()) mark->value = b.value, mark->in_package = b.in_package;
  }
  void operator()(const PostcopyAdvise&) const { unit(); }
  void operator()(const RamDiscard&) const {
    if (!state.discards) state.discards = newest(unit());
    if (state.discards) state.marks[*state.discards].end = context.time;
  }
  void operator()(const DiscardRange& b) const {
    if (!state.discards) return;
    auto& mark = state.marks[*state.discards];
    if (mark.text.starts_with("discard block")) mark.bytes = 0;
    mark.bytes += b.length;
    mark.text = "discards of " + bytes_text(mark.bytes) + " of the destination's RAM";
  }
  void operator()(const PackageBegin& b) const { state.package = newest(unit(b.length)); }
  void operator()(const PackageEnd&) const {
    if (state.package) state.marks[*state.package].end = context.time;
    state.package.reset();
  }
  void operator()(const RecvBitmapRequest&) const { unit(); }
  void operator()(const Pong& b) const {
    auto* mark = unit();
    // No bound for the start of the guest: a PONG may wait long in the destination's socket.
    state.loaded = state.loaded || says_loaded(context.migration->history().facts(), b.value);
    auto& signs = state.start_signs;
    if (!signs.loaded &&
        (state.loaded || (b.value == 3 && context.migration->history().facts().ping_listening))) {
      signs.loaded = context.time;
      signs.answer_before = state.answer_before;
    }
    if (mark == nullptr) return;
    mark->value = b.value;
    const auto& history = context.migration->history();
    if (history.newest() != no_exchange)
      mark->since_ping = Time(history.exchanges()[history.newest()].took());
  }
  void operator()(const Shut& b) const {
    if (auto* mark = unit()) mark->value = b.value;
    if (b.value != 0) return;
    if (!context.migration->phases().postcopy()) state.start_signs.finished = context.time;
    state.runs.not_after = context.time;
    state.runs.not_after_by = "SHUT 0: the destination has started its guest, unless it was started with -S";
  }
  void operator()(const ResumeAck&) const { unit(); }
  void operator()(const SwitchoverAck&) const { unit(); }
  void operator()(const RecvBitmap&) const { unit(); }
  void operator()(const PageRequest&) const {
    auto& signs = state.start_signs;
    if (signs.loaded && !signs.request) signs.request = context.time;
    if (state.request_seen && (state.request_after_load_seen || !state.loaded)) return;
    if (auto* mark = unit()) {
      mark->what = state.loaded ? "first-request-after-load" : "first-request";
      mark->text =
          (state.loaded ? "first page request since the devices are loaded: " : "first page request: ") +
          mark->text;
    }
    state.request_seen = true;
    state.request_after_load_seen = state.loaded;
  }
  void page() const {
    const auto stage = context.migration->ram_stage(context.channel);
    if (stage == RamStage::unknown) return;
    const bool postcopy = stage == RamStage::postcopy;
    auto& known = postcopy ? state.postcopy_page_seen : state.page_seen;
    if (!known) {
      auto* mark = unit();
      if (mark != nullptr) mark->what = postcopy ? "first-postcopy-page" : "first-page";
      if (mark != nullptr) mark->text = (postcopy ? "first page of postcopy: " : "first page: ") + mark->text;
    }
    known = true;
    if (postcopy || context.migration->phase() != Phase::precopy) return;
    state.last_page = {context, event};
  }
};

void TimelineAnalysis::event(const EventContext& context, const Event& event, Bytes) {
  if (context.migration == nullptr) return;
  if (const auto* p = std::get_if<Payload>(&event.body); p != nullptr && p->kind == PayloadKind::page)
    return;  // nearly all events; its record was here
  auto& state = states_[*context.migration];
  if (!state.known[context.connection]) {
    state.known[context.connection] = true;
    add(state,
        mark_of(context, "connected", "first bytes on channel " + std::string(to_string(context.channel))));
  }
  if (context.direction == Direction::return_path && state.newest_answer != context.time)
    state.answer_before = std::exchange(state.newest_answer, context.time);
  const Writer writer{state, context, event};
  if (is_page(event.body)) return writer.page();
  if (!std::holds_alternative<Payload>(event.body)) std::visit(writer, event.body);
  const bool main = is_main(context.channel);
  if (!state.device || !main || context.direction != Direction::forward) return;
  auto& device = state.marks[*state.device];
  device.bytes += bytes_passed(event);
  device.end = context.time;
  if (std::holds_alternative<SectionFooter>(event.body)) state.device.reset();
}

/// The last page of precopy is known as such only now.
void TimelineAnalysis::switchover_began(State& state, const EventContext& context) {
  auto& stopped = state.stopped;
  if (stopped.not_after) return;
  stopped.not_after = context.time;
  stopped.not_after_by = "the switchover has begun";
  if (!state.last_page) return;
  const auto& [page_seen, page_event] = *state.last_page;
  auto mark = mark_of(page_seen, "last-precopy-page",
                      "last page of precopy: " + describe_unit(page_event, context.migration->tables()));
  mark.offset = page_event.range.begin;
  mark.bytes = page_event.range.size();
  add(state, std::move(mark));
  // Pages on multifd channels overtake the section that is sent when the guest has stopped.
  if (page_seen.channel == ChannelKind::multifd) return;
  stopped.not_before = page_seen.time;
  stopped.not_before_by = "a page that was sent while it ran";
}

void TimelineAnalysis::notice(const EventContext& context, Notice notice) {
  auto& state = states_[*context.migration];
  const auto phase = context.migration->phase();
  if (notice == Notice::phase_changed) {
    if (phase == Phase::switchover) switchover_began(state, context);
    add(state, mark_of(context, "phase", "phase: " + std::string(to_string(phase))));
    return;
  }
  if (notice == Notice::destination_may_run) {
    state.runs.not_before = context.time;
    state.runs.not_before_by = context.migration->phases().postcopy()
                                   ? "the package with POSTCOPY_RUN was delivered"
                                   : "the stream ended";
  }
  add(state, mark_of(context, "notice", std::string(explain(notice))));
}

void TimelineAnalysis::ended(const EventContext& context, const PeerEnd& end) {
  const bool main = context.channel == ChannelKind::main;
  if (context.migration == nullptr || !main || end.by != Peer::destination || end.reset) return;
  auto& state = states_[*context.migration];
  // With a return path SHUT says it, and no SHUT that it has failed.
  if (context.migration->history().facts().return_path || !state.runs.not_before ||
      context.migration->phases().postcopy())
    return;
  state.start_signs.finished = state.runs.not_after = Time(end.when.ns);
  state.runs.not_after_by = "the destination ended the connection: it has started its guest, or has failed";
}

void TimelineAnalysis::closed(const EventContext& context, bool reset) {
  if (context.migration == nullptr) return;
  add(states_[*context.migration],
      mark_of(context, reset ? "reset" : "closed",
              std::string(to_string(context.channel)) + (reset ? " was reset" : " was closed")));
}

void TimelineAnalysis::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) {
  event(context, pages.front(), raw.first(pages.front().range.size()));
  if (pages.size() > 1) event(context, pages.back(), {});
}

void TimelineAnalysis::finished(Time) {
  states_.for_each([](State& state) {
    std::stable_sort(state.marks.begin(), state.marks.end(),
                     [](const Mark& a, const Mark& b) { return a.time < b.time; });
  });
}

}  // namespace mig::replay
