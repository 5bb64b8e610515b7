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

}  // namespace mig::replay
