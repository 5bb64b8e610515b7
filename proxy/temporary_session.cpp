// SPDX-License-Identifier: GPL-2.0-or-later
// No faults yet: parses, forwards, and notes. Gone when the engine is there.
#include <deque>
#include <map>

#include "mig/event_sink.hpp"
#include "mig/fields.hpp"
#include "proxy/fault_session.hpp"

namespace mig::proxy {

struct FaultSession::Impl {
  SessionOptions options;
  MigrationSet migrations;
  std::deque<ConnectionParser> parsers;
  std::vector<Notice> notices;
  std::map<std::pair<std::string_view, Direction>, std::uint64_t> counts;
};

namespace {
struct Sink final : EventSink {
  Sink(ConnectionId i, Direction d, OutputPlan& p, bool pages, std::map<std::pair<std::string_view, Direction>, std::uint64_t>& c)
      : id(i), direction(d), plan(p), note_pages(pages), counts(c) {}
  void on_event(const Event& event, Bytes raw) override {
    plan.forward(raw);
    if (starts_unit(event.body)) ++counts[{unit_name(event.body), direction}];
    if ((starts_unit(event.body) || std::holds_alternative<PackageEnd>(event.body)) &&
        (note_pages || !std::holds_alternative<PageRecord>(event.body))) {
      plan.add(Note{event, id, direction, Decision::forwarded, {}, true, 0});
    }
  }
  ConnectionId id;
  Direction direction;
  OutputPlan& plan;
  bool note_pages;
  std::map<std::pair<std::string_view, Direction>, std::uint64_t>& counts;
};
}  // namespace

FaultSession::FaultSession(std::vector<FaultRule>, SessionOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
}
FaultSession::~FaultSession() = default;
ConnectionId FaultSession::open_connection(OutputPlan&) {
  const auto id = static_cast<ConnectionId>(impl_->parsers.size());
  impl_->parsers.emplace_back(impl_->migrations, id);
  return id;
}
bool FaultSession::watched_only(Direction) const noexcept { return true; }
void FaultSession::feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) {
  Sink sink(id, direction, plan, impl_->options.note_pages, impl_->counts);
  (void)impl_->parsers[static_cast<std::size_t>(id)].feed(direction, chunk, sink);
}
void FaultSession::idle(ConnectionId, Direction, OutputPlan&) {}
std::size_t FaultSession::held(ConnectionId, Direction) const noexcept { return 0; }
void FaultSession::end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) {
  Sink sink(id, direction, plan, impl_->options.note_pages, impl_->counts);
  (void)impl_->parsers[static_cast<std::size_t>(id)].finish(direction, sink);
}
const std::vector<Notice>& FaultSession::closed(ConnectionId id, Direction from, bool reset) {
  impl_->notices.clear();
  auto& parser = impl_->parsers[static_cast<std::size_t>(id)];
  if (parser.migration() != nullptr) parser.migration()->closed({id, parser.kind(), from}, reset, impl_->notices);
  return impl_->notices;
}
void FaultSession::signal(int) {}
void FaultSession::release(HoldId) {}
bool FaultSession::released(HoldId) const noexcept { return true; }
std::optional<FaultSession::Pending> FaultSession::take_pending() { return std::nullopt; }
const std::vector<Notice>& FaultSession::delivered(const Note& note) {
  impl_->notices.clear();
  auto& parser = impl_->parsers[static_cast<std::size_t>(note.connection)];
  if (parser.migration() != nullptr)
    parser.migration()->delivered({note.connection, parser.kind(), note.direction}, note.event, impl_->notices);
  return impl_->notices;
}
const ConnectionParser& FaultSession::connection(ConnectionId id) const {
  return impl_->parsers[static_cast<std::size_t>(id)];
}
const MigrationSet& FaultSession::migrations() const noexcept { return impl_->migrations; }
std::vector<UnitCount> FaultSession::unit_counts() const {
  std::vector<UnitCount> all;
  for (auto& [k, v] : impl_->counts) all.push_back({k.first, k.second, v});
  return all;
}
std::vector<RuleReport> FaultSession::rules() const { return {}; }
bool FaultSession::all_fired() const { return true; }
std::vector<std::string> FaultSession::take_warnings() { return {}; }

}  // namespace mig::proxy
