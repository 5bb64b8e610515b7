// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/first_line.hpp"

#include <algorithm>
#include <ctime>

#include "mig/migration.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

std::string kind_of(const MigrationSummary& m) {
  const auto has = [&](ChannelKind kind) {
    return std::any_of(m.channels.begin(), m.channels.end(), [&](const auto& c) { return c.kind == kind; });
  };
  std::string out = m.facts().has_package() || m.facts().package_begun ? "postcopy" : "precopy";
  if (has(ChannelKind::multifd)) out += ", multifd";
  if (has(ChannelKind::preempt)) out += ", preempt";
  if (has(ChannelKind::main_resumed)) out += ", with a recovery";
  const bool file = !m.channels.empty() && m.channels.front().info.client == Endpoint{};
  return file ? out + " to a file" : out;
}

/// Who runs the guest again on the source was away for a time that no packet shows.
bool may_run_on_destination(const Verdict& v) {
  return std::any_of(v.possible.begin(), v.possible.end(),
                     [](Runner r) { return r == Runner::destination || r == Runner::both; });
}

std::string ended(const ChannelSummary& c) {
  if (!c.closed) return "still open";
  return c.reset ? "reset" : "closed";
}

std::string what_it_is(const ChannelSummary& c) {
  const auto to = c.bytes[0], back = c.bytes[1];
  if (c.kind == ChannelKind::tls)
    return "TLS, which hides a migration: Wireshark reads it with the key log; a connection that ends right "
           "after "
           "the handshake points to a certificate";
  if (to == 0 && back == 0) return c.reset ? "refused" : "without a byte";
  if (to == 0 || back == 0)
    return c.info.from_the_start ? "one direction only" : "one direction only, joined late";
  return "no migration";
}

}  // namespace

std::string utc_text(Time time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto seconds = static_cast<std::time_t>(whole.count());
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return printed("%s.%03lld UTC", date.data(), static_cast<long long>(rest));
}

std::string first_line(const Reported& r) {
  const auto& m = *r.first;
  auto out = std::string(to_string(r.verdict.outcome)) + (r.verdict.certain() ? " " : " (not certain) ") +
             kind_of(m);
  std::uint64_t to = 0;
  Time begin{}, end{};
  for (const auto& c : m.channels) {
    to += c.bytes[0];
    begin = begin == Time{} ? c.first : std::min(begin, c.first);
    end = std::max(end, c.last);
  }
  if (begin != Time{}) out += ", " + utc_text(begin) + ", " + duration_text(end - begin);
  out += ", " + bytes_text(to) +
         (m.facts().begun && r.verdict.destination.kind == SideStateKind::not_told ? " sent"
                                                                                   : " to the destination");
  if (const auto away = r.away.text(); !away.empty() && may_run_on_destination(r.verdict))
    out += ", guest away " + away;
  return out + ": " + std::string(meaning(r.verdict.outcome));
}

std::string nothing_found(const SummaryCollector& summary) {
  std::string out;
  const auto& seen = summary.statistics();
  if (seen.cut_packets != 0)
    out += "  " + std::to_string(seen.cut_packets) + " packets were cut at " +
           std::to_string(seen.largest_cut) + " bytes; capture with -s 0\n";
  if (seen.encrypted_packets != 0)
    out += "  " + std::to_string(seen.encrypted_packets) +
           " packets are of IPsec or WireGuard, which hide what they carry; capture inside of it\n";
  if (summary.others().empty()) return out + "  it holds no TCP connection\n";
  for (const auto& c : summary.others())
    out += "  " + to_string(c.info.client) + " -> " + to_string(c.info.server) + "  " + what_it_is(c) + ", " +
           bytes_text(c.bytes[0]) + " there, " + bytes_text(c.bytes[1]) + " back, " + ended(c) + "\n";
  return out;
}

}  // namespace mig::replay
