// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/summary_text.hpp"

#include <algorithm>

#include "mig/describe.hpp"
#include "mig/fields.hpp"
#include "replay/analyses/first_line.hpp"
#include "replay/analyses/negotiated.hpp"
#include "replay/analyses/page_size_text.hpp"
#include "replay/analyses/source_version.hpp"
#include "replay/analyses/why_slow.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

using Count = unsigned long long;

void append(std::string& list, const std::string& item) {
  if (!list.empty()) list += ", ";
  list += item;
}

std::string heading(const MigrationSummary& m) {
  const auto& t = m.migration->tables();
  auto out = "migration " + std::to_string(static_cast<unsigned>(m.migration->id()) + 1) + "  " +
             (t.machine != no_name ? printable(t.name(t.machine)) : "unknown machine");
  const auto version = source_version(m);
  if (!version.at_least.empty())
    out += ", source QEMU " + version.at_least + " or later (" + version.at_least_by + ")";
  if (!version.at_most.empty()) out += ", " + version.at_most + " or earlier (" + version.at_most_by + ")";
  out +=
      printed(", page size %u (%s)", t.page_size, std::string(page_size_source(t.page_size_source)).c_str());
  if (m.described_page_size == t.page_size) out += ", as described";
  return out + "\n";
}

std::string ends(const ConnectionInfo& info) {
  return info.client == Endpoint{} ? "stream file" : to_string(info.client) + " -> " + to_string(info.server);
}

/// ", 47 bytes missing to the source": nothing where there are none.
std::string in_each_way(const std::array<std::uint64_t, 2>& bytes, const char* what) {
  std::string out;
  for (const auto d : {0, 1}) {
    if (const auto n = bytes[static_cast<std::size_t>(d)]; n != 0)
      out += printed(", %llu bytes %s %s", static_cast<Count>(n), what,
                     d == 0 ? "to the destination" : "to the source");
  }
  return out;
}

std::string channels(const MigrationSummary& m, Time start) {
  std::string out;
  for (const auto& c : m.channels) {
    auto text = ends(c.info) + "  " + bytes_text(c.bytes[0]) + " to the destination, " +
                bytes_text(c.bytes[1]) + " to the source";
    if (c.last != Time(0))
      text += printed(", %.3f s to %.3f s", seconds(c.first - start), seconds(c.last - start));
    if (c.is_silent() && !c.heard[1]) text += ", no answer";
    text += !c.closed ? ", still open" : c.reset ? ", reset" : ", closed";
    text += in_each_way(c.missing, "missing") + in_each_way(c.unparsed, "unreadable") +
            in_each_way(c.unfinished, "truncated") +
            in_each_way(c.undelivered, "sent after the reset, never delivered,");
    out += summary_row(std::string(to_string(c.kind)).c_str(), text);
  }
  return out;
}

std::string phases(const MigrationSummary& m, Time start) {
  constexpr std::size_t shown = 24;
  std::string out = "phases\n";
  for (std::size_t i = 0; i < std::min(m.phases.size(), shown); ++i) {
    const auto end = i + 1 < m.phases.size() ? m.phases[i + 1].start : m.last;
    out += printed("  %-16s%9.3f s  %10s\n", std::string(to_string(m.phases[i].phase)).c_str(),
                   seconds(m.phases[i].start - start), duration_text(end - m.phases[i].start).c_str());
  }
  if (m.phases.size() > shown) out += printed("  and %zu more\n", m.phases.size() - shown);
  return out;
}

std::string values(const std::vector<std::uint32_t>& list) {
  constexpr std::size_t shown = 16;
  std::string out;
  for (std::size_t i = 0; i < std::min(list.size(), shown); ++i)
    out += (i != 0 ? " " : "") + hex_text(list[i]);
  if (list.size() > shown) out += printed(" and %zu more", list.size() - shown);
  return out.empty() ? "none" : out;
}

std::string records(const RamSequence& ram) {
  const auto n = [&](RamSequence::Kind kind) { return static_cast<Count>(ram.records[kind]); };
  auto out = printed("%llu pages, %llu zero pages", n(RamSequence::page), n(RamSequence::zero));
  if (n(RamSequence::compressed) != 0) out += printed(", %llu compressed", n(RamSequence::compressed));
  if (n(RamSequence::xbzrle) != 0) out += printed(", %llu XBZRLE", n(RamSequence::xbzrle));
  return out;
}

std::string bytes_by_kind(const MigrationSummary& m) {
  std::string out;
  for (std::size_t i = 0; i < byte_kinds; ++i) {
    auto name = std::string(to_string(static_cast<ByteKind>(i)));
    std::replace(name.begin(), name.end(), '_', ' ');
    if (m.bytes[i] != 0) append(out, name + " " + bytes_text(m.bytes[i]));
  }
  return out;
}

std::string package(const MigrationSummary& m, const PackageSeen& p) {
  const auto devices =
      std::count_if(m.sections.begin(), m.sections.end(), [](const auto& s) { return s.in_package; });
  auto out = bytes_text(p.length) + printed(", %lld device sections", static_cast<long long>(devices));
  if (p.end && *p.end != p.begin.time) out += ", took " + duration_text(*p.end - p.begin.time);
  return out;
}

std::string traffic(const MigrationSummary& m, const Analyses& analyses) {
  std::string out = "traffic\n" + summary_row("bytes", bytes_by_kind(m));
  if (!m.precopy.empty() || m.multifd.packets == 0) out += summary_row("precopy", records(m.precopy));
  if (m.multifd.packets != 0)
    out += summary_row(
        "multifd",
        printed("%llu packets, %llu pages, %llu zero pages", static_cast<Count>(m.multifd.packets),
                static_cast<Count>(m.multifd.normal_pages), static_cast<Count>(m.multifd.zero_pages)));
  if (!m.unknown.empty()) out += summary_row("pre/postcopy", records(m.unknown));
  for (const auto& [channel, ram] : m.postcopy)
    out += summary_row(channel == 0 ? "postcopy" : "on preempt", records(ram));
  for (const auto& p : m.packages) out += summary_row("package", package(m, p));
  for (const auto& entry : analyses.entries()) out += entry.analysis->summary_rows(*m.migration);
  if (m.vm_description_bytes != 0) out += summary_row("VM description", bytes_text(m.vm_description_bytes));
  if (m.pings.empty() && m.rp_messages.empty()) return out;
  std::string messages;
  for (const auto& [name, n] : m.rp_messages) append(messages, std::to_string(n) + " " + name);
  return out + summary_row("PINGs", values(m.pings)) + summary_row("PONGs", values(m.pongs)) +
         summary_row("return path", messages.empty() ? "nothing" : messages);
}

std::string possible_text(const Verdict& v) {
  std::string out;
  for (const auto runner : v.possible) {
    if (!out.empty()) out += ", or ";
    out += runner == Runner::nobody ? "nobody"
           : runner == Runner::both ? "BOTH SIDES"
                                    : "the " + std::string(to_string(runner));
  }
  return out;
}

std::string listed(const char* name, const std::vector<std::string_view>& texts) {
  std::string out;
  for (const auto text : texts) out += summary_row(out.empty() ? name : "", std::string(text));
  return out;
}

/// Behind which unit the connection ended.
std::string stopped_at(const MigrationSummary& m) {
  const auto& f = m.facts();
  if (f.open() || !f.last[0] || (f.shut && f.shut_value == 0)) return {};
  const std::string by = f.first_end->by == Peer::source ? "the source's side" : "the destination's side";
  return summary_row("ended by", by + (f.first_end->reset ? " (reset)" : " (FIN)") + ", behind " +
                                     describe_unit(Event{{}, *f.last[0]}, m.migration->tables()));
}

std::string verdict_text(const MigrationSummary& m, const Verdict& v, Time start) {
  auto out = "verdict: " + outcome_text(m, v) + ", " + meaning_text(m, v) + "\n";
  if (!v.certain() && !is_file(m)) out += summary_row("may be running", possible_text(v));
  out += summary_row("source", std::string(v.source.reason)) +
         summary_row("destination", std::string(v.destination.reason));
  for (const auto& e : v.evidence) {
    auto text = std::string(e.text);
    if (e.when.packet != 0)
      text += printed(" (%.6f s, packet %llu)", seconds(Time(e.when.ns) - start),
                      static_cast<Count>(e.when.packet));
    out += summary_row(&e == &v.evidence.front() ? "evidence" : "", text);
  }
  return out + listed("would decide", v.would_decide) + listed("next", v.next);
}

std::string away_row(const GuestAway& away) {
  if (!away.at_least) return {};
  return summary_row("guest away",
                     away.text() + (away.estimate ? "; estimated: " + away.estimate->by : std::string()));
}

std::string findings(const MigrationSummary& m, Time start) {
  std::string out;
  for (const auto& f : m.findings) {
    out += "warning: " + f.text;
    if (f.place && f.place->packet != 0)
      out += printed(" (%.6f s, packet %llu)", seconds(f.place->time - start),
                     static_cast<Count>(f.place->packet));
    out += "\n";
  }
  return out;
}

}  // namespace

std::string summary_text(const Reported& reported, const SummaryCollector& summary) {
  const auto start = summary.start();
  const auto& m = *reported.first;
  auto out = first_line(reported) + "\n" + heading(m) +
             stopped_at(*(reported.second != nullptr ? reported.second : &m)) +
             verdict_text(m, reported.verdict, start) + away_row(reported.away) + negotiated_rows(m) +
             why_slow_rows(m, summary.analyses());
  for (const auto* one : {reported.first, reported.second}) {
    if (one == nullptr) continue;
    if (!one->leg.empty()) out += one->leg + " leg\n";
    out += channels(*one, start);
    if (one->last != Time(0)) out += phases(*one, start);
    out += traffic(*one, summary.analyses()) + findings(*one, start);
  }
  return out;
}

}  // namespace mig::replay
