// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/findings.hpp"

#include <algorithm>

#include "mig/fields.hpp"
#include "mig/history/migration.hpp"
#include "replay/analyses/negotiated.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

// A package holds device state alone: some 13 KiB of a small machine, some 100 KiB of a large one.
constexpr std::uint32_t usual_package = 2U << 20;
constexpr Time usual_package_time = std::chrono::milliseconds(300);  // QEMU's default downtime-limit

void add(MigrationSummary& m, const char* kind, std::string text, std::optional<Where> place = {}) {
  m.findings.push_back({kind, std::move(text), place});
}

std::uint64_t bytes_back(const MigrationSummary& m, std::array<std::uint64_t, 2> ChannelSummary::*member) {
  std::uint64_t sum = 0;
  for (const auto& c : m.channels) sum += (c.*member)[1];
  return sum;
}

Where where_of(const Place& place) {
  return {Time(place.when.ns), place.when.packet, place.connection,
          place.channel,       place.direction,   place.offset};
}

constexpr std::size_t max_pings = 64;

/// The first ones.
std::vector<Exchange> pings(const MigrationSummary& m) {
  std::vector<Exchange> out;
  for (const auto& exchange : m.history->exchanges().all()) {
    if (exchange.kind == Exchange::Kind::ping && out.size() < max_pings) out.push_back(exchange);
  }
  return out;
}

/// Where the first of the missing bytes would stand.
std::optional<Where> first_gap(const MigrationSummary& m) {
  std::optional<Where> first;
  for (const auto& c : m.channels) {
    for (const auto d : {Direction::forward, Direction::return_path}) {
      const auto& gap = c.gap_place[static_cast<std::size_t>(d)];
      if (!gap || (first && first->time <= gap->time)) continue;
      first = gap;
      first->channel = c.kind;  // which it is may have turned out later
      first->direction = d;
    }
  }
  return first;
}

void unanswered_pings(MigrationSummary& m) {
  const auto all = pings(m);
  if (all.empty()) return;
  if (bytes_back(m, &ChannelSummary::bytes) == 0)  // a capture of one direction shows no answers at all
    return add(m, "no-return-path", "PINGs were sent, and the capture has no byte of the way back",
               where_of(all.front().request));
  const auto unseen = bytes_back(m, &ChannelSummary::missing) + bytes_back(m, &ChannelSummary::unparsed);
  for (const auto& ping : all) {
    if (ping.response) continue;
    const auto place = where_of(ping.request);
    if (unseen != 0) {
      add(m, "pong-not-seen",
          "no PONG to PING " + hex_text(ping.value) + " was seen; it may be among the " +
              std::to_string(unseen) + " bytes of the way back that are missing or could not be read",
          place);
      continue;
    }
    add(m, "ping-without-pong",
        "PING " + hex_text(ping.value) + " without PONG: it waits for " + std::string(waits_for(ping)),
        place);
  }
}

void unreadable(MigrationSummary& m) {
  for (const auto& c : m.channels) {
    for (const auto d : {Direction::forward, Direction::return_path}) {
      const auto& error = c.error[static_cast<std::size_t>(d)];
      if (!error) continue;
      auto place = c.error_place[static_cast<std::size_t>(d)];
      place.channel = c.kind;  // which it is may have turned out later
      place.direction = d;
      add(m, d == Direction::forward ? "stream-error" : "return-path-error",
          std::string(to_string(c.kind)) + " " + std::string(to_string(d)) + ": unreadable at offset " +
              hex_text(error->offset) + ": " + std::string(explain(error->code)) + "; " +
              std::to_string(c.unparsed[static_cast<std::size_t>(d)]) + " bytes could not be read",
          place);
    }
  }
}

void gaps(MigrationSummary& m) {
  const auto missing = m.sum(&ChannelSummary::missing);
  if (missing != 0 && m.cut_packets != 0) {
    add(m, "cut-packets",
        std::to_string(m.cut_packets) + " packets were cut at " + std::to_string(m.snaplen) +
            " bytes; capture with -s 0 (the capture lacks " + std::to_string(missing) +
            " bytes of this migration)",
        first_gap(m));
  } else if (missing != 0) {
    add(m, "capture-gaps", "the capture lacks " + std::to_string(missing) + " bytes of this migration",
        first_gap(m));
  }
  for (const auto& c : m.channels) {
    if (!c.info.from_the_start)
      add(m, "late-start",
          "the capture began when the " + std::string(to_string(c.kind)) + " channel was open already",
          Where{c.first, c.first_packet, c.id, c.kind, Direction::forward, 0});
  }
  if (m.left_out != 0)
    add(m, "lists-cut",
        std::to_string(m.left_out) + " sections, commands or messages are counted and not listed");
}

/// Without one side's packets nobody knows what it received, or that it has a return path.
void one_direction(MigrationSummary& m) {
  for (const auto& c : m.channels) {
    const bool captured = c.heard[0] || c.heard[1];
    if (!captured || c.is_silent() || (c.heard[0] && c.heard[1])) continue;
    add(m, "one-direction",
        "no packet of the " + std::string(c.heard[0] ? "destination" : "source") + " was captured on the " +
            std::string(to_string(c.kind)) +
            " channel: one direction only; capture on one of the two hosts, or "
            "both directions of the port");
  }
}

/// Multifd channels begin before the main one sends a byte, and wait for the destination to take all of them.
void main_silent(MigrationSummary& m) {
  const auto number = [&](auto of) { return std::count_if(m.channels.begin(), m.channels.end(), of); };
  const auto multifd = number([](const ChannelSummary& c) { return c.kind == ChannelKind::multifd; });
  const auto silent = number([](const ChannelSummary& c) { return c.is_silent(); });
  const auto late = number([](const ChannelSummary& c) { return !c.info.from_the_start; });
  if (silent == 0 || multifd + silent != static_cast<std::ptrdiff_t>(m.channels.size()) || late != 0) return;
  add(m, "main-silent",
      "the main channel has sent nothing: " + std::to_string(multifd) + " multifd channels have begun, and " +
          std::to_string(silent) +
          " connections carried no byte; the destination may wait for another number of multifd channels");
}

/// Bytes that were captured twice and differ: one of them did not come from the peer, or was damaged.
void conflicts(MigrationSummary& m) {
  for (const auto& c : m.channels) {
    const auto count = c.conflicting[0] + c.conflicting[1];
    if (count == 0) continue;
    auto place = c.conflict_place;
    if (place) place->channel = c.kind;
    add(m, "overlap-conflict",
        std::to_string(count) + " segments of the " + std::string(to_string(c.kind)) +
            " channel repeat bytes with other contents; the first copy was read, the receiver may have taken "
            "the other",
        place);
  }
}

/// The device that takes most of the package.
std::string of_the_largest(const MigrationSummary& m) {
  const auto* largest = largest_device(m);
  if (largest == nullptr || !largest->in_package) return {};
  return ": " + bytes_text(largest->bytes) + " of it is " +
         printable(m.migration->tables().name(largest->name));
}

void long_packages(MigrationSummary& m) {
  for (const auto& p : m.packages) {
    if (p.length > usual_package)
      add(m, "long-package",
          "the package is " + bytes_text(p.length) + " long, more than " + bytes_text(usual_package) +
              " is unusual" + of_the_largest(m),
          p.begin);
    if (p.end && *p.end - p.begin.time > usual_package_time)
      add(m, "slow-package",
          "the package took " + duration_text(*p.end - p.begin.time) + " to send: the guest stood still",
          p.begin);
  }
}

/// What a receiver did not take: the sender may have handed on more than the capture shows.
void stalls(MigrationSummary& m) {
  for (const auto& [channel, direction, stall] : m.stalls) {
    const bool forward = direction == Direction::forward;
    auto text = std::string(forward ? "the destination" : "the source") +
                (stall.zero_window ? " had no room (window 0)" : " acknowledged nothing") + " for " +
                duration_text(stall.end.time - stall.begin.time) +
                (stall.at_the_end ? ", to the end of the capture" : "");
    if (stall.bytes != 0) text += "; " + bytes_text(stall.bytes) + " were on their way";
    if (stall.at_the_end && forward && m.rp_messages.empty())
      text += "; it may wait for further channels (multifd set on one side only)";
    add(m, "stall", std::move(text), Where{stall.begin.time, stall.begin.packet, {}, channel, direction, 0});
  }
}

/// Nothing moved although the migration had not ended.
void silence(MigrationSummary& m) {
  const auto& f = m.facts();
  if (!f.begun || !f.open() || f.shut || (f.eof && !f.return_path)) return;
  const auto& last = f.last_sent.ns > f.last_answered.ns ? f.last_sent : f.last_answered;
  const auto silent = m.capture_end - Time(last.ns);
  if (silent <= Stall::max_pause) return;
  add(m, "silence",
      "no byte on the main channel for " + duration_text(silent) +
          ", to the end of the capture; the last was the " +
          (f.last_sent.ns > f.last_answered.ns ? "source's" : "destination's"),
      Where{Time(last.ns), last.packet, {}, ChannelKind::main, Direction::forward, 0});
}

bool has_pages(const MigrationSummary& m) {
  const auto any = [](const RamSequence& s) { return s.records[RamSequence::page] != 0; };
  return any(m.precopy) || any(m.unknown) || m.multifd.normal_pages != 0 ||
         std::any_of(m.postcopy.begin(), m.postcopy.end(), [&](const auto& one) { return any(one.second); });
}

void page_size(MigrationSummary& m) {
  if (!has_pages(m)) return;  // of zero pages their size cannot be read
  const auto size = m.migration->tables().page_size;
  if (!m.described_page_size || *m.described_page_size == 0 || *m.described_page_size == size) return;
  add(m, "page-size-mismatch",
      "read with pages of " + std::to_string(size) + " bytes, but the VM description says " +
          std::to_string(*m.described_page_size));
}

}  // namespace

void add_findings(MigrationSummary& m, const Analyses& analyses) {
  unanswered_pings(m);
  unreadable(m);
  for (const auto& entry : analyses.entries()) {
    for (auto& finding : entry.analysis->findings(*m.migration)) m.findings.push_back(std::move(finding));
  }
  long_packages(m);
  page_size(m);
  stalls(m);
  silence(m);
  one_direction(m);
  main_silent(m);
  conflicts(m);
  gaps(m);
}

}  // namespace mig::replay
