// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/facts.hpp"

#include <algorithm>

#include "mig/wire.hpp"

namespace mig {
namespace {

constexpr std::uint32_t ping_sections = 3;  // behind the sections of a package, docs/protocol.md section 9.4

/// One overload per body that decides something.
struct Noter {
  Facts& facts;
  const Place& at;
  const StreamTables& tables;

  void first(Sighting& fact) const {
    if (!fact) fact = at.when;
  }
  template <class T>
  void operator()(const T&) const {}

  // Source to destination.
  void operator()(const FileHeader&) const { first(facts.begun); }
  void operator()(const SectionHeader& b) const {
    if (b.type == SectionType::part) first(facts.iterating);
    const bool last = b.type == SectionType::end || b.type == SectionType::full;
    if (last && facts.iterating && !facts.package_ended) first(facts.switchover);
    if (facts.package_ended && !b.in_package) first(facts.behind_package);
    if (b.in_package && tables.name(b.idstr) == "cpu") ++facts.cpus;
    if (b.type == SectionType::full && tables.footers == false) facts.unbounded = true;
    if (b.section != tables.ram_section()) return;
    facts.has_ram = true;
    if (b.type == SectionType::start) facts.ram_open = true;
    if (b.type == SectionType::end) facts.ram_open = false;
  }
  void operator()(const Ping& b) const {
    if (!b.in_package) return;
    if (b.value == wire::ping_package_loaded) facts.ping_loaded = true;
    if (b.value == ping_sections) facts.ping_listening = true;
  }
  void operator()(const Command& b) const {
    if (b.type == CommandType::open_return_path) facts.return_path = true;
    if (b.type == CommandType::switchover_start) first(facts.switchover);
    if (b.type == CommandType::postcopy_run) facts.run = true;
    if (b.type == CommandType::postcopy_resume) facts.recovery = at.when;
  }
  void operator()(const PostcopyAdvise&) const { facts.advised = true; }
  void operator()(const RamDiscard&) const { first(facts.switchover); }
  void operator()(const PackageBegin&) const {
    first(facts.switchover);
    first(facts.package_begun);
  }
  void operator()(const PackageEnd&) const {
    first(facts.package_ended);
    if (facts.run) facts.unbounded = false;  // what ends a package was found at its end
  }
  void operator()(const RecvBitmapRequest&) const { facts.recovery = at.when; }
  void operator()(const EndOfStream&) const {
    first(facts.eof);
    facts.guest_goes_on = facts.ram_open && !facts.package_begun;
  }
  void operator()(const RamEos&) const { facts.ram_rests = facts.package_ended.has_value(); }
  void operator()(const VmDescription& b) const { facts.description_left = b.length; }

  // Destination to source.
  void operator()(const Pong& b) const {
    if (b.value == ping_sections) first(facts.pong_devices);
    if (b.value == wire::ping_package_loaded) first(facts.pong_loaded);
  }
  void operator()(const PageRequest&) const { first(facts.page_request); }
  void operator()(const ResumeAck&) const { facts.resumed = at.when; }
  void operator()(const Shut& b) const {
    first(facts.shut);
    facts.shut_value = b.value;
  }

  // What is not known.
  void operator()(const Missing&) const {
    facts.lacks_bytes = true;
    gap();
  }
  void operator()(const Unparsed& b) const {
    if (b.cause == ParseErrc::truncated) return;  // the end of the connection says so
    if (at.direction == Direction::return_path && facts.known_in_full()) {
      first(facts.invalid_message);
    } else {
      gap();
    }
  }
  /// QEMU up to 11.1 closes the return path over it.
  void operator()(const UnknownMessage&) const { first(facts.invalid_message); }
  void gap() const { facts.gaps[static_cast<std::size_t>(at.direction)] = true; }
};

}  // namespace

void note(Facts& facts, const Place& at, const Event& event, const StreamTables& tables) {
  if (!is_main(at.channel)) return;
  if (at.direction == Direction::forward) {
    facts.ram_rests = false;
    if (facts.package_ended && facts.last_sent.ns != 0)
      facts.longest_pause = std::max(facts.longest_pause, at.when.ns - facts.last_sent.ns);
    facts.last_sent = at.when;
  } else {
    facts.last_answered = at.when;
    if (facts.invalid_message) return;  // the source reads no more
  }
  if (std::holds_alternative<PageRecord>(event.body)) return;
  if (const auto* payload = std::get_if<Payload>(&event.body)) {
    if (payload->kind != PayloadKind::vm_description || facts.description_left == 0) return;
    const auto size = event.range.size();
    facts.description_left -= std::min(facts.description_left, size);
    if (facts.description_left > 0) return;
    facts.described = at.when;
    facts.unbounded = false;  // it was found behind the last device
    return;
  }
  if (starts_unit(event.body)) {
    facts.last[static_cast<std::size_t>(at.direction)] = event.body;
    if (at.direction == Direction::return_path) facts.return_path = true;
  }
  std::visit(Noter{facts, at, tables}, event.body);
}

void note_reconnect(Facts& facts) noexcept {
  facts.first_end.reset();
  facts.second_end.reset();
  facts.backlog = {};
}

void note_end(Facts& facts, ChannelKind channel, const PeerEnd& end) noexcept {
  if (is_main(channel)) {
    if (!facts.first_end && facts.package_ended)
      facts.longest_pause = std::max(facts.longest_pause, end.when.ns - facts.last_sent.ns);
    if (!facts.first_end) {
      facts.first_end = end;
    } else if (!facts.second_end && facts.first_end->by != end.by) {
      facts.second_end = end;
    }
    return;
  }
  auto& other = channel == ChannelKind::preempt ? facts.preempt_end : facts.multifd_end;
  if ((channel == ChannelKind::preempt || channel == ChannelKind::multifd) && !other) other = end;
}

}  // namespace mig
