// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/first_line.hpp"

#include <algorithm>

#include "mig/history/migration.hpp"
#include "replay/analyses/clock.hpp"
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
  return out;
}

/// Who runs the guest again on the source was away for a time that no packet shows.
bool may_run_on_destination(const Verdict& v) {
  return std::any_of(v.possible.begin(), v.possible.end(),
                     [](Runner r) { return r == Runner::destination || r == Runner::both; });
}

}  // namespace

std::string utc_text(Time time) {
  const auto text = date_text(time, true);
  return text.substr(0, text.size() - 3) + " UTC";  // milliseconds
}

bool is_file(const MigrationSummary& m) {
  return !m.channels.empty() && m.channels.front().info.client == Endpoint{};
}

std::string outcome_text(const MigrationSummary& m, const Verdict& v) {
  if (!is_file(m)) return std::string(to_string(v.outcome)) + (v.certain() ? "" : " (not certain)");
  return m.facts().eof ? "SAVED STATE" : "CUT SHORT";
}

std::string meaning_text(const MigrationSummary& m, const Verdict& v) {
  if (!is_file(m)) return std::string(meaning(v.outcome));
  if (!m.facts().eof) return "the file ends before the state does, and cannot be loaded whole";
  return m.facts().guest_goes_on ? "complete; its guest went on running while it was saved"
                                 : "complete; whether its guest runs anywhere is not in it";
}

std::string first_line(const Reported& r) {
  const auto& m = *r.first;
  auto out = outcome_text(m, r.verdict) + (is_file(m) ? "" : " " + kind_of(m));
  std::uint64_t to = 0;
  Time begin{}, end{};
  for (const auto& c : m.channels) {
    to += c.bytes[0];
    begin = begin == Time{} ? c.first : std::min(begin, c.first);
    end = std::max(end, c.last);
  }
  if (begin != Time{}) out += ", " + utc_text(begin) + ", " + duration_text(end - begin);
  out += ", " + bytes_text(to);
  if (!is_file(m))
    out += m.facts().begun && r.verdict.destination.kind == SideStateKind::not_told ? " sent"
                                                                                    : " to the destination";
  if (const auto away = r.away.text(); !away.empty() && may_run_on_destination(r.verdict))
    out += ", guest away " + away;
  return out + ": " + meaning_text(m, r.verdict);
}

}  // namespace mig::replay
