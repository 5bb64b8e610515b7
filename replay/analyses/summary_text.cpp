// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/summary_text.hpp"

#include <array>

#include "mig/fields.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

std::string text(std::string_view view) { return std::string(view); }

std::string heading(const MigrationSummary& m) {
  const auto& t = m.migration->tables();
  const auto machine = t.machine != no_name ? text(t.name(t.machine)) : std::string("unknown machine");
  constexpr std::array<const char*, 5> sources = {"assumed", "preset", "said by the configuration",
                                                  "said by POSTCOPY_ADVISE", "found from the stream"};
  return printed("migration %u  %s, page size %u (%s)\n", static_cast<unsigned>(m.migration->id()) + 1,
                 machine.c_str(), t.page_size, sources.at(static_cast<std::size_t>(t.page_size_source)));
}

std::string channels(const MigrationSummary& m, Time start) {
  std::string out;
  for (const auto& c : m.channels) {
    out += printed("  %-12s %s -> %s  %s forth, %s back, %.3f s to %.3f s, %s\n",
                   text(to_string(c.kind)).c_str(), to_string(c.info.client).c_str(),
                   to_string(c.info.server).c_str(), bytes_text(c.bytes[0]).c_str(),
                   bytes_text(c.bytes[1]).c_str(), seconds(c.first - start), seconds(c.last - start),
                   !c.closed ? "still open"
                   : c.reset ? "reset"
                             : "closed");
  }
  return out;
}

std::string phases(const MigrationSummary& m, Time start) {
  std::string out = "phases\n";
  for (std::size_t i = 0; i < m.phases.size(); ++i) {
    const auto end = i + 1 < m.phases.size() ? m.phases[i + 1].start : m.last;
    out += printed("  %9.3f s  %-16s %9.1f ms\n", seconds(m.phases[i].start - start),
                   text(to_string(m.phases[i].phase)).c_str(), seconds(end - m.phases[i].start) * 1e3);
  }
  return out;
}

std::string values(const std::vector<std::uint32_t>& list) {
  std::string out;
  for (const auto v : list) out += printed(" 0x%x", v);
  return out.empty() ? " none" : out;
}

std::string counts(const std::map<std::string, std::uint64_t>& map) {
  std::string out;
  for (const auto& [name, n] : map) out += (out.empty() ? "" : ", ") + std::to_string(n) + " " + name;
  return out.empty() ? "none" : out;
}

std::string traffic(const MigrationSummary& m) {
  std::string out;
  out += "precopy records   " + counts(m.precopy.records) + "\n";
  for (const auto& [channel, ram] : m.postcopy) {
    out += printed("postcopy records  %s (%s)\n", counts(ram.records).c_str(),
                   channel == 0 ? "main" : "preempt");
  }
  if (m.multifd_packets != 0) {
    out += printed("multifd           %llu packets, %llu pages, %llu zero pages\n",
                   static_cast<unsigned long long>(m.multifd_packets),
                   static_cast<unsigned long long>(m.multifd_normal_pages),
                   static_cast<unsigned long long>(m.multifd_zero_pages));
  }
  for (const auto length : m.package_lengths) {
    std::size_t devices = 0;
    for (const auto& s : m.sections) devices += s.in_package ? 1 : 0;
    out += printed("package           %s, %zu device sections\n", bytes_text(length).c_str(), devices);
  }
  out += "PINGs            " + values(m.pings) + "\n" + "PONGs            " + values(m.pongs) + "\n";
  out += "return path       " + counts(m.rp_messages) + "\n";
  return out;
}

}  // namespace

std::string summary_text(const MigrationSummary& m, Time start) {
  auto out = heading(m) + channels(m, start) + phases(m, start) + traffic(m);
  for (const auto& oddity : m.oddities) out += "oddity            " + oddity + "\n";
  return out;
}

}  // namespace mig::replay
