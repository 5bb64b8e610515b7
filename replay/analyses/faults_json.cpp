// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/faults_json.hpp"

#include <boost/json.hpp>

#include "mig/fields.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

double microseconds(Time time) { return std::chrono::duration<double, std::micro>(time).count(); }

json::value latency(const Latency& l) {
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

json::object counts(const FaultCounts& c) {
  return {{"requests", c.requests},
          {"repeated", c.repeated},
          {"already_sent", c.already_sent},
          {"answered", c.answered},
          {"unanswered", c.unanswered},
          {"unplaced", c.unplaced},
          {"first_byte", latency(c.first_byte)},
          {"last_byte", latency(c.last_byte)}};
}

json::object service(const PageService& s, Time start) {
  json::object out{{"block", printable(s.block)},
                   {"start", hex_text(s.start)},
                   {"length", s.length},
                   {"requested", seconds(s.request.time - start)},
                   {"request_packet", s.request.packet},
                   {"request_connection", static_cast<unsigned>(s.request.connection) + 1},
                   {"request_offset", s.request.offset},
                   {"repeated", s.repeated}};
  if (s.first_byte) out["first_byte_us"] = microseconds(*s.first_byte - s.request.time);
  if (s.last_byte) {
    out["last_byte_us"] = microseconds(*s.last_byte - s.request.time);
    out["page_packet"] = s.page_packet;
    out["channel"] = to_string(s.channel);
  }
  return out;
}

json::array services(const std::vector<PageService>& list, Time start) {
  json::array out;
  for (const auto& one : list) out.push_back(service(one, start));
  return out;
}

}  // namespace

json::object to_json(const Faults& faults, Time start) {
  auto out = counts(faults.all);
  json::array blocks;
  for (const auto& [id, c] : faults.blocks) {
    auto entry = counts(c);
    entry["block"] = printable(faults.names.at(id));
    blocks.push_back(std::move(entry));
  }
  json::object channels;
  for (const auto& [kind, n] : faults.answered_on) channels[to_string(kind)] = n;
  out["blocks"] = std::move(blocks);
  out["answered_on"] = std::move(channels);
  out["worst"] = services(faults.worst, start);
  out["unanswered_oldest"] = services(faults.unanswered, start);
  out["not_watched"] = faults.not_watched;
  out["gaps"] = faults.gaps;
  return out;
}

}  // namespace mig::replay
