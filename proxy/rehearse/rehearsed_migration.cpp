// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rehearse/rehearsed_migration.hpp"

#include <utility>

#include "common/run_state.hpp"
#include "common/text.hpp"

namespace mig::proxy {
namespace {

constexpr double short_idle = 0.1, long_idle = 2;  // seconds

void append(std::vector<std::byte>& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

}  // namespace

struct RehearsedMigration::Channel {
  Channel(MigrationSet& set, ConnectionId id) : parser(set, id) {}
  ConnectionParser parser;
  std::vector<std::byte> for_destination, for_source;
  std::vector<Notice> notices;
};

struct RehearsedMigration::Forward final : EventSink {
  Forward(RehearsedMigration& of, Channel& in, double at) : owner(of), channel(in), now(at) {}
  void on_event(const Event& event, Bytes raw) override {
    auto* migration = channel.parser.migration();
    if (migration != nullptr)
      migration->delivered({channel.parser.id(), channel.parser.kind(), Direction::forward}, event,
                           channel.notices);
    owner.count_page(event, channel);
    if (channel.parser.kind() == ChannelKind::main) {
      owner.main_event(channel, event, raw, now);
    } else {
      append(channel.for_destination, raw);
    }
  }
  RehearsedMigration& owner;
  Channel& channel;
  double now;
};

struct RehearsedMigration::Back final : EventSink {
  Back(RehearsedMigration& of, Channel& in, double at) : owner(of), channel(in), now(at) {}
  void on_event(const Event& event, Bytes raw) override {
    const auto* shut = std::get_if<Shut>(&event.body);
    if (shut == nullptr) return append(channel.for_source, raw);
    owner.report_.shut = shut->value;
    owner.report_.answered_at = now;
  }
  RehearsedMigration& owner;
  Channel& channel;
  double now;
};

RehearsedMigration::RehearsedMigration() = default;
RehearsedMigration::~RehearsedMigration() = default;

RehearsedMigration::Channel& RehearsedMigration::channel(ConnectionId id) {
  auto& place = channels_[id];
  if (!place) place = std::make_unique<Channel>(set_, id);
  return *place;
}

void RehearsedMigration::stop(std::string problem, std::string remedy) {
  if (!problem_.empty()) return;
  problem_ = std::move(problem);
  remedy_ = std::move(remedy);
}

void RehearsedMigration::source_sent(ConnectionId connection, Bytes bytes, double now) {
  auto& in = channel(connection);
  report_.bytes += bytes.size();
  last_at_ = now;
  if (transparent_ && main_ == connection) append(in.for_destination, bytes);
  Forward sink(*this, in, now);
  static_cast<void>(in.parser.feed(Direction::forward, bytes, sink));
  switch (in.parser.kind()) {
    case ChannelKind::main: main_ = connection; break;
    case ChannelKind::multifd:
    case ChannelKind::unknown: break;
    case ChannelKind::main_resumed:
    case ChannelKind::preempt: return stop("this is no precopy migration from its beginning");
    case ChannelKind::tls: return stop("the migration is encrypted", "rehearse it without tls-creds");
  }
  if (in.parser.error(Direction::forward))
    stop("what the source sends cannot be read, so the guest cannot be kept from running");
}

void RehearsedMigration::destination_sent(ConnectionId connection, Bytes bytes, double now) {
  auto& in = channel(connection);
  Back sink(*this, in, now);
  static_cast<void>(in.parser.feed(Direction::return_path, bytes, sink));
}

std::vector<std::byte> RehearsedMigration::take_for_destination(ConnectionId connection) {
  if (!approved_ || !problem_.empty()) return {};
  return std::exchange(channel(connection).for_destination, {});
}

std::vector<std::byte> RehearsedMigration::take_for_source(ConnectionId connection) {
  return std::exchange(channel(connection).for_source, {});
}

void RehearsedMigration::count_page(const Event& event, Channel& in) {
  const auto* migration = in.parser.migration();
  if (migration == nullptr) return;
  const auto& tables = migration->tables();
  const auto id = in.parser.id();
  if (const auto* record = std::get_if<PageRecord>(&event.body)) {
    if (record->encoding != PageEncoding::zero) ++report_.pages;
    ledger_.page(id, RamStage::precopy, tables, record->block, record->page_offset);
  } else if (const auto* page = std::get_if<MultifdPage>(&event.body)) {
    if (!page->zero) ++report_.pages;
    ledger_.page(id, RamStage::precopy, tables, page->block, page->page_offset);
  } else if (!std::holds_alternative<Payload>(event.body)) {
    ledger_.other(event, tables);
  }
  report_.passes = ledger_.passes();
}

void RehearsedMigration::main_event(Channel& in, const Event& event, Bytes raw, double now) {
  if (!problem_.empty()) return;
  if (!approved_) before_approval(event);
  if (std::holds_alternative<PackageBegin>(event.body) || std::holds_alternative<PostcopyAdvise>(event.body))
    stop("the source wants to change to postcopy, and would give its guest away",
         "switch its capability postcopy-ram off for the rehearsal");
  if (const auto* header = std::get_if<SectionHeader>(&event.body))
    section(*header, in.parser.migration()->tables(), now);
  if (std::holds_alternative<EndOfStream>(event.body) && !stays_paused_)
    stop("the stream has no run state that could be set to paused, so the destination would run the guest",
         "there is none: machine types before 2.4 cannot be rehearsed");
  if (problem_.empty()) pass_on(in, event, raw);
}

/// Header, configuration and commands come before the first section.
void RehearsedMigration::before_approval(const Event& event) {
  if (const auto* command = std::get_if<Command>(&event.body))
    return_path_ = return_path_ || command->type == CommandType::open_return_path;
  if (!std::holds_alternative<SectionHeader>(event.body)) return;
  if (!return_path_)
    return stop(
        "the source opens no return path: it would complete without an answer, and the guest would be gone",
        "switch its capability return-path on");
  if (set_.all().front().tables().ignore_shared)
    return stop("the migration uses x-ignore-shared: both QEMUs have the same memory",
                "switch it off for the rehearsal");
  approved_ = problem_.empty();
}

void RehearsedMigration::section(const SectionHeader& header, const StreamTables& tables, double now) {
  const auto name = tables.name(header.idstr);
  if (header.type == SectionType::end && !report_.stopped_at) report_.stopped_at = now;
  in_run_state_ = header.type == SectionType::full && name == run_state_section;
  if (header.type == SectionType::full)
    report_.devices.push_back({printable(name), header.instance_id, 0, now});
}

/// The run state's payload waits until it is whole.
void RehearsedMigration::pass_on(Channel& in, const Event& event, Bytes raw) {
  const bool payload = std::holds_alternative<Payload>(event.body);
  if (!report_.devices.empty() && event.extent.in_section) report_.devices.back().bytes += raw.size();
  if (transparent_) return;
  if (in_run_state_ && payload) return append(run_state_, raw);
  if (!run_state_.empty()) release_run_state(in);
  append(in.for_destination, raw);
}

void RehearsedMigration::release_run_state(Channel& in) {
  if (!set_paused(run_state_)) return stop("the run state in the stream is of an unknown form");
  stays_paused_ = true;
  in_run_state_ = false;
  append(in.for_destination, std::exchange(run_state_, {}));
}

/// A stream without a VM description ends with bytes that the parser holds. With the run state behind us all
/// that follows is harmless.
void RehearsedMigration::idle(double now) {
  if (!main_ || transparent_ || now - last_at_ < short_idle) return;
  auto& in = channel(*main_);
  const auto held = in.parser.held(Direction::forward);
  if (held.empty()) return;
  if (run_state_.size() >= run_state_size) release_run_state(in);
  if (stays_paused_) {
    append(in.for_destination, held);
    transparent_ = true;
  } else if (report_.stopped_at && now - last_at_ > long_idle) {
    stop("the stream came to an end without a run state that could be set to paused");
  }
}

}  // namespace mig::proxy
