// SPDX-License-Identifier: GPL-2.0-or-later
// How page faults were served, for people and for programs. How requests meet their pages: fault_service.cpp.
#include "replay/analyses/faults.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "mig/fields.hpp"
#include "replay/analyses/registry.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;
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

/// Of a page that passed, since its range was asked for.
Time after(const Sighting& passed, const PageRange& r) { return Time(passed->ns - r.request.when.ns); }

std::string range_row(const PageRange& r, const Faults& f, Time start) {
  const auto& request = r.request.when;
  auto out = printed("  %9.6f s  %s 0x%llx +0x%x", seconds(Time(request.ns) - start),
                     printable(f.names.at(r.block)).c_str(), static_cast<Count>(r.start), r.length);
  if (r.last_byte) {
    out += printed(": first byte after %s, last after %s (%s", duration_text(after(r.first_byte, r)).c_str(),
                   duration_text(after(r.last_byte, r)).c_str(), std::string(to_string(r.channel)).c_str());
    out += r.last_byte->packet != 0 ? printed(", packets %llu and %llu)", static_cast<Count>(request.packet),
                                              static_cast<Count>(r.last_byte->packet))
                                    : ")";
  } else if (request.packet != 0) {
    out += printed(" (packet %llu)", static_cast<Count>(request.packet));
  }
  if (r.repeated != 0) out += printed(", asked for %u times more", r.repeated);
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
                   static_cast<Count>(f.not_watched), PageRequests::max_awaited);
  return out;
}

double microseconds(Time time) { return std::chrono::duration<double, std::micro>(time).count(); }

json::value latency_json(const Latency& l) {
  if (l.count() == 0) return nullptr;
  json::array histogram;
  for (const auto& bucket : l.histogram()) {
    histogram.push_back(json::object{
        {"from_us", microseconds(bucket.from)}, {"to_us", microseconds(bucket.to)}, {"count", bucket.count}});
  }
  return json::object{{"count", l.count()},
                      {"min_us", microseconds(l.least())},
                      {"mean_us", microseconds(l.mean())},
                      {"p50_us", microseconds(l.percentile(0.5))},
                      {"p90_us", microseconds(l.percentile(0.9))},
                      {"p99_us", microseconds(l.percentile(0.99))},
                      {"max_us", microseconds(l.most())},
                      {"histogram", std::move(histogram)}};
}

json::object counts_json(const FaultCounts& c) {
  return {{"requests", c.requests},
          {"repeated", c.repeated},
          {"already_sent", c.already_sent},
          {"answered", c.answered},
          {"unanswered", c.unanswered},
          {"unplaced", c.unplaced},
          {"first_byte", latency_json(c.first_byte)},
          {"last_byte", latency_json(c.last_byte)}};
}

json::object range_json(const PageRange& r, const Faults& f, Time start) {
  json::object out{{"block", printable(f.names.at(r.block))},
                   {"start", hex_text(r.start)},
                   {"length", r.length},
                   {"requested", seconds(Time(r.request.when.ns) - start)},
                   {"request_packet", r.request.when.packet},
                   {"request_connection", static_cast<unsigned>(r.request.connection) + 1},
                   {"request_offset", r.request.offset},
                   {"repeated", r.repeated}};
  if (r.first_byte) out["first_byte_us"] = microseconds(after(r.first_byte, r));
  if (r.last_byte) {
    out["last_byte_us"] = microseconds(after(r.last_byte, r));
    out["page_packet"] = r.last_byte->packet;
    out["channel"] = to_string(r.channel);
  }
  return out;
}

json::array ranges_json(const std::vector<PageRange>& list, const Faults& f, Time start) {
  json::array out;
  for (const auto& one : list) out.push_back(range_json(one, f, start));
  return out;
}

}  // namespace

std::string FaultAnalysis::text(const Migration& migration, Time start) {
  const Faults& f = states_[migration];
  auto out = printed("migration %u  page-fault service\n", static_cast<unsigned>(migration.id()) + 1);
  if (f.all.requests == 0) return out + "  no page was requested\n";
  out += counts_text(f) + latencies(f);
  if (f.all.answered != 0) out += "histogram, to the last byte\n" + histogram(f.all.last_byte) + "slowest\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(f.worst.size(), 10); ++i)
    out += range_row(f.worst[i], f, start);
  if (!f.unanswered.empty()) out += std::string(unanswered_words(f)) + "\n";
  for (const auto& r : f.unanswered) out += range_row(r, f, start);
  return out;
}

json::object FaultAnalysis::json(const Migration& migration, Time start) {
  const Faults& faults = states_[migration];
  auto out = counts_json(faults.all);
  json::array blocks;
  for (const auto& [id, c] : faults.blocks) {
    auto entry = counts_json(c);
    entry["block"] = printable(faults.names.at(id));
    blocks.push_back(std::move(entry));
  }
  json::object channels;
  for (const auto& [kind, n] : faults.answered_on) channels[to_string(kind)] = n;
  out["blocks"] = std::move(blocks);
  out["answered_on"] = std::move(channels);
  out["worst"] = ranges_json(faults.worst, faults, start);
  out["unanswered_oldest"] = ranges_json(faults.unanswered, faults, start);
  out["not_watched"] = faults.not_watched;
  out["gaps"] = faults.gaps;
  return out;
}

std::string FaultAnalysis::summary_rows(const Migration& migration) {
  const Faults& f = states_[migration];
  if (f.all.requests == 0) return {};
  auto out = printed("%llu requests, %llu answered", static_cast<Count>(f.all.requests),
                     static_cast<Count>(f.all.answered));
  if (f.all.answered != 0)
    out += " after " + duration_text(f.all.last_byte.percentile(0.5)) + " (median), " +
           duration_text(f.all.last_byte.percentile(0.99)) + " (99 %), " +
           duration_text(f.all.last_byte.most()) + " (most)";
  if (f.all.already_sent != 0)
    out += printed(", %llu crossed by their page", static_cast<Count>(f.all.already_sent));
  if (f.all.unanswered != 0)
    out += printed(f.gaps ? ", %llu not seen to be" : ", %llu never", static_cast<Count>(f.all.unanswered));
  return summary_row("page faults", out);
}

std::vector<Finding> FaultAnalysis::findings(const Migration& migration) {
  const Faults& f = states_[migration];
  const auto count = f.all.unanswered;
  if (count == 0) return {};
  const auto& oldest = f.unanswered.front();
  return {{f.gaps ? "requests-not-seen-answered" : "requests-never-answered",
           std::to_string(count) + (count == 1 ? " page request " : " page requests ") + unanswered_words(f) +
               "; the oldest is for " + printable(f.names.at(oldest.block)) + " " + hex_text(oldest.start),
           Where{Time(oldest.request.when.ns), oldest.request.when.packet, oldest.request.connection,
                 oldest.request.channel, Direction::return_path, oldest.request.offset}}};
}

extern const AnalysisKind faults_analysis = {
    "faults", make_analysis<FaultAnalysis>, true,
    "page-fault service: how long each request waited for its page",
    "  migreplay faults postcopy.pcap\n"
    "  migreplay faults --json postcopy.pcap | jq '.migrations[0].faults.last_byte.p99_us'\n"};

}  // namespace mig::replay
