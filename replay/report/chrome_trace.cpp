// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/report/chrome_trace.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

namespace mig::replay {
namespace {

namespace json = boost::json;

double microseconds(const json::value& seconds) { return seconds.to_number<double>() * 1e6; }

/// The events of one migration, which is a process of its own.
class Trace {
 public:
  Trace(json::array& events, std::uint64_t process) : events_(events), process_(process) {}

  void add(const json::object& m) {
    const auto* machine = m.at("machine").if_string();  // null where the front of the stream is missing
    const auto name = "migration " + std::to_string(process_);
    metadata("process_name", 0, {{"name", machine != nullptr ? name + ": " + std::string(*machine) : name}});
    metadata("process_sort_index", 0, {{"sort_index", process_}});
    for (const auto& p : m.at("phases").as_array())
      span(row("phases"), p.at("name").as_string(), microseconds(p.at("start")), microseconds(p.at("end")),
           {});
    for (const auto& finding : m.at("findings").as_array()) add_finding(finding.as_object());
    for (const auto& mark : m.at("timeline").at("marks").as_array()) add_mark(mark.as_object());
    if (const auto* worst = m.at("faults").as_object().if_contains("worst")) {
      for (const auto& fault : worst->as_array()) add_fault(fault.as_object());
    }
    add_traffic(m.at("traffic").as_object());
  }

 private:
  static json::object details_of(const json::object& what) {
    return {{"text", what.at("text")}, {"packet", what.at("packet")}, {"offset", what.at("offset")}};
  }

  void add_finding(const json::object& finding) {
    if (finding.contains("time"))
      instant(row("findings"), finding.at("kind").as_string(), microseconds(finding.at("time")),
              details_of(finding));
  }

  void add_mark(const json::object& mark) {
    const auto what = mark.at("what").as_string();
    if (what == "phase") return;
    const auto name =
        std::string(mark.at("channel").as_string()) + " " + std::string(mark.at("direction").as_string());
    const auto begin = microseconds(mark.at("time"));
    const auto* end = mark.if_contains("end");
    if (end == nullptr || microseconds(*end) <= begin)
      return instant(row(name), what, begin, details_of(mark));
    span(row(name), what, begin, microseconds(*end), details_of(mark));
  }

  /// Requests overlap, which spans of one row must not: each is asynchronous, with a number of its own.
  void add_fault(const json::object& fault) {
    const auto& last = fault.at("last_byte_us");
    const auto begin = microseconds(fault.at("requested"));
    if (!last.is_number()) return;
    auto event = basic("b", row("slowest page faults"), "page fault", begin);
    event["id"] = std::to_string(process_) + "." + std::to_string(++faults_);
    auto end = event;
    event["args"] = json::object{{"block", fault.at("block")},
                                 {"start", fault.at("start")},
                                 {"request_packet", fault.at("request_packet")}};
    end["ph"] = "e";
    end["ts"] = begin + last.to_number<double>();
    events_.push_back(std::move(event));
    events_.push_back(std::move(end));
  }

  void add_traffic(const json::object& traffic) {
    const auto bin = traffic.at("bin_seconds").to_number<double>();
    const auto& forward = traffic.at("forward").as_array();
    const auto& back = traffic.at("back").as_array();
    for (std::size_t i = 0; i < forward.size(); ++i) {
      const json::object rates{{"to destination", forward[i].to_number<double>() / bin},
                               {"to source", back[i].to_number<double>() / bin}};
      auto event = basic("C", 0, "bytes a second", static_cast<double>(i) * bin * 1e6);
      event["args"] = rates;
      events_.push_back(std::move(event));
    }
  }

  /// The number of a row; its name is written when it is used first.
  std::uint64_t row(const std::string& name) {
    const auto [entry, fresh] = rows_.try_emplace(name, rows_.size() + 1);
    if (fresh) {
      metadata("thread_name", entry->second, {{"name", name}});
      metadata("thread_sort_index", entry->second, {{"sort_index", entry->second}});
    }
    return entry->second;
  }

  void metadata(const char* what, std::uint64_t thread, json::object value) {
    events_.push_back(json::object{
        {"name", what}, {"ph", "M"}, {"pid", process_}, {"tid", thread}, {"args", std::move(value)}});
  }

  /// What all events have.
  [[nodiscard]] json::object basic(const char* kind, std::uint64_t thread, const json::string& name,
                                   double time) const {
    return {{"name", name},    {"cat", "migration"}, {"ph", kind},
            {"pid", process_}, {"tid", thread},      {"ts", time}};
  }

  void span(std::uint64_t thread, const json::string& name, double begin, double end, json::object details) {
    auto event = basic("X", thread, name, begin);
    event["dur"] = std::max(end - begin, 0.0);
    event["args"] = std::move(details);
    events_.push_back(std::move(event));
  }

  /// What stands at one time in one row (all units of a packet do) becomes one event that lists them all:
  /// viewers would stack them on each other.
  void instant(std::uint64_t thread, const json::string& name, double time, json::object details) {
    auto& newest = newest_[thread];
    if (newest.count != 0 && newest.time == time) return join(newest, details);
    newest = {events_.size(), time, 1, std::string(name)};
    auto event = basic("i", thread, name, time);
    event["s"] = "t";
    event["args"] = std::move(details);
    events_.push_back(std::move(event));
  }

  struct Instant {
    std::size_t place = 0;  // in events_
    double time = 0;
    std::uint64_t count = 0;
    std::string name;
  };
  void join(Instant& to, const json::object& details) {
    auto& event = events_[to.place].as_object();
    event["name"] = to.name + " and " + std::to_string(to.count++) + " more";
    auto& more = event["args"].as_object()["more"];
    if (more.is_null()) more.emplace_array();
    more.as_array().push_back(details.at("text"));
  }

  json::array& events_;
  std::uint64_t process_, faults_ = 0;
  std::map<std::string, std::uint64_t> rows_;
  std::map<std::uint64_t, Instant> newest_;  // by row
};

}  // namespace

json::object chrome_trace(const json::object& report) {
  json::array events;
  std::uint64_t process = 0;
  for (const auto& m : report.at("migrations").as_array()) Trace(events, ++process).add(m.as_object());
  return {{"displayTimeUnit", "ms"},
          {"otherData", json::object{{"file", report.at("file")}}},
          {"traceEvents", std::move(events)}};
}

}  // namespace mig::replay
