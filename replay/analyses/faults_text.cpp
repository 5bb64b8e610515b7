// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/faults_text.hpp"

#include <algorithm>

#include "mig/fields.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

using Count = unsigned long long;

std::string latency_row(const char* name, const Latency& l) {
  if (l.count() == 0) return {};
  return printed("  %-24s %10s %10s %10s %10s %10s\n", name, duration_text(l.least()).c_str(),
                 duration_text(l.percentile(0.5)).c_str(), duration_text(l.percentile(0.9)).c_str(),
                 duration_text(l.percentile(0.99)).c_str(), duration_text(l.most()).c_str());
}

std::string latencies(const Faults& f) {
  if (f.all.answered == 0) return {};
  auto out = printed("  %-24s %10s %10s %10s %10s %10s\n", "from the request to", "least", "median", "90 %",
                     "99 %", "most");
  out += latency_row("the page's first byte", f.all.first_byte);
  out += latency_row("the page's last byte", f.all.last_byte);
  if (f.blocks.size() < 2) return out;
  for (const auto& [id, c] : f.blocks)
    out += latency_row(("  in " + printable(f.names.at(id))).c_str(), c.last_byte);
  return out;
}

std::string histogram(const Latency& l) {
  const auto buckets = l.histogram();
  std::uint64_t most = 1;
  for (const auto& b : buckets) most = std::max(most, b.count);
  std::string out;
  for (const auto& b : buckets) {
    out += printed("  %10s - %10s %7llu ", duration_text(b.from).c_str(), duration_text(b.to).c_str(),
                   static_cast<Count>(b.count));
    out += std::string(static_cast<std::size_t>((b.count * 50 + most - 1) / most), '#') + "\n";
  }
  return out;
}

std::string service_row(const PageService& s, Time start) {
  auto out = printed("  %9.6f s  %s 0x%llx +0x%x", seconds(s.request.time - start),
                     printable(s.block).c_str(), static_cast<Count>(s.start), s.length);
  if (s.last_byte) {
    out += printed(
        ": first byte after %s, last after %s (%s", duration_text(*s.first_byte - s.request.time).c_str(),
        duration_text(*s.last_byte - s.request.time).c_str(), std::string(to_string(s.channel)).c_str());
    out += s.page_packet != 0 ? printed(", packets %llu and %llu)", static_cast<Count>(s.request.packet),
                                        static_cast<Count>(s.page_packet))
                              : ")";
  } else if (s.request.packet != 0) {
    out += printed(" (packet %llu)", static_cast<Count>(s.request.packet));
  }
  if (s.repeated != 0) out += printed(", asked for %u times more", s.repeated);
  return out + "\n";
}

const char* unanswered_words(const Faults& f) {
  return f.gaps ? "whose page is not in what could be read" : "never answered";
}

std::string counts_text(const Faults& f) {
  auto out = printed("  %llu requests: %llu answered", static_cast<Count>(f.all.requests),
                     static_cast<Count>(f.all.answered));
  for (const auto& [kind, n] : f.answered_on)
    out += printed(", %llu on %s", static_cast<Count>(n), std::string(to_string(kind)).c_str());
  out += printed("; %llu whose page had passed already, %llu repeated, %llu %s\n",
                 static_cast<Count>(f.all.already_sent), static_cast<Count>(f.all.repeated),
                 static_cast<Count>(f.all.unanswered), unanswered_words(f));
  if (f.all.unplaced != 0)
    out += printed("  %llu more are for a block whose name was not captured\n",
                   static_cast<Count>(f.all.unplaced));
  if (f.not_watched != 0)
    out += printed("  %llu more came while %zu were awaited, and are left out\n",
                   static_cast<Count>(f.not_watched), FaultCollector::max_awaited);
  return out;
}

}  // namespace

std::string faults_text(const Faults& f, Time start) {
  auto out = printed("migration %u  page-fault service\n", static_cast<unsigned>(f.migration->id()) + 1);
  if (f.all.requests == 0) return out + "  no page was requested\n";
  out += counts_text(f) + latencies(f);
  if (f.all.answered != 0) out += "histogram, to the last byte\n" + histogram(f.all.last_byte) + "slowest\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(f.worst.size(), 10); ++i)
    out += service_row(f.worst[i], start);
  if (!f.unanswered.empty()) out += std::string(unanswered_words(f)) + "\n";
  for (const auto& s : f.unanswered) out += service_row(s, start);
  return out;
}

}  // namespace mig::replay
