// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/timeline_text.hpp"

#include "mig/fields.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

const char* arrow(const Mark& m) {
  if (m.what == "phase" || m.what == "notice") return "===";
  if (m.what == "connected") return " + ";
  if (m.what == "closed" || m.what == "reset") return " - ";
  return m.direction == Direction::forward ? "-->" : "<--";
}

std::string row(const Mark& m, Time start, Time zero) {
  auto out = printed("%11.6f  %+11.3f  %3u  %s  ", seconds(m.time - start), seconds(m.time - zero) * 1e3,
                     static_cast<unsigned>(m.connection) + 1, arrow(m));
  if (m.what == "device") {
    out += printed("%s%s instance %u, version %u, %s", m.in_package ? "  " : "", printable(m.idstr).c_str(),
                   m.instance_id, m.version_id, bytes_text(m.bytes).c_str());
  } else {
    out += m.text;
  }
  if (m.end && *m.end != m.time) out += ", took " + duration_text(*m.end - m.time);
  if (m.since_ping) out += ", " + duration_text(*m.since_ping) + " after its PING";
  return out + "\n";
}

std::string bound(const char* what, const Between& b, Time start) {
  std::string out;
  if (b.not_before)
    out += printed("  %s not before %.6f s (%s)\n", what, seconds(*b.not_before - start),
                   b.not_before_by.c_str());
  if (b.not_after)
    out +=
        printed("  %s not after  %.6f s (%s)\n", what, seconds(*b.not_after - start), b.not_after_by.c_str());
  return out;
}

std::string away(const Timeline& t) {
  if (!t.away_at_least()) return "  the guest was not handed over in this capture\n";
  auto out = "  so nobody ran it for at least " + duration_text(*t.away_at_least());
  if (const auto most = t.away_at_most()) out += ", at most " + duration_text(*most);
  return out + "\n";
}

}  // namespace

std::string timeline_text(const Timeline& t, Time start) {
  auto out = printed("migration %u  timeline\n%11s  %11s  %3s\n",
                     static_cast<unsigned>(t.migration->id()) + 1, "s", "ms to stop", "con");
  const auto zero = t.stopped.not_after.value_or(start);
  for (const auto& m : t.marks) out += row(m, start, zero);
  if (t.left_out != 0)
    out += printed("%llu more are left out\n", static_cast<unsigned long long>(t.left_out));
  out += "the guest, as the capture point saw it\n";
  return out + bound("the source's stopped  ", t.stopped, start) +
         bound("the destination's runs", t.runs, start) + away(t);
}

}  // namespace mig::replay
