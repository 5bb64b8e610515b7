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
    metadata("process_name", 0,
             "migration " + std::to_string(process_) + ": " + std::string(m.at("machine").as_string()));
    for (const auto& p : m.at("phases").as_array())
      span(row("phases"), p.at("name").as_string(), microseconds(p.at("start")), microseconds(p.at("end")),
           {});
    for (const auto& mark : m.at("timeline").at("marks").as_array()) add_mark(mark.as_object());
    if (const auto* worst = m.at("faults").as_object().if_contains("worst")) {
      for (const auto& fault : worst->as_array()) add_fault(fault.as_object());
    }
    add_traffic(m.at("traffic").as_object());
  }

 private:
  void add_mark(const json::object& mark) {
    const auto what = mark.at("what").as_string();
    if (what == "phase") return;
    const auto name =
        std::string(mark.at("channel").as_string()) + " " + std::string(mark.at("direction").as_string());
    const auto begin = microseconds(mark.at("time"));
    const auto* end = mark.if_contains("end");
    json::object details{
        {"text", mark.at("text")}, {"packet", mark.at("packet")}, {"offset", mark.at("offset")}};
    span(row(name), what, begin, end != nullptr ? microseconds(*end) : begin, std::move(details));
  }

  void add_fault(const json::object& fault) {
    const auto& last = fault.at("last_byte_us");
    const auto begin = microseconds(fault.at("requested"));
    if (!last.is_number()) return;
    span(row("slowest page faults"), fault.at("start").as_string(), begin, begin + last.to_number<double>(),
         {{"block", fault.at("block")}, {"request_packet", fault.at("request_packet")}});
  }

  void add_traffic(const json::object& traffic) {
    const auto bin = traffic.at("bin_seconds").to_number<double>();
    const auto& forward = traffic.at("forward").as_array();
    const auto& back = traffic.at("back").as_array();
    for (std::size_t i = 0; i < forward.size(); ++i) {
      const json::object rates{{"to destination", forward[i].to_number<double>() / bin},
                               {"to source", back[i].to_number<double>() / bin}};
      events_.push_back(json::object{{"name", "bytes a second"},
                                     {"ph", "C"},
                                     {"pid", process_},
                                     {"ts", static_cast<double>(i) * bin * 1e6},
                                     {"args", rates}});
    }
  }

  /// The number of a row; its name is told when it is used first.
  std::uint64_t row(const std::string& name) {
    const auto [entry, fresh] = rows_.try_emplace(name, rows_.size() + 1);
    if (fresh) metadata("thread_name", entry->second, name);
    return entry->second;
  }

  void metadata(const char* what, std::uint64_t thread, const std::string& name) {
    events_.push_back(json::object{{"name", what},
                                   {"ph", "M"},
                                   {"pid", process_},
                                   {"tid", thread},
                                   {"args", json::object{{"name", name}}}});
  }

  void span(std::uint64_t thread, const json::string& name, double begin, double end, json::object details) {
    events_.push_back(json::object{{"name", name},
                                   {"ph", "X"},
                                   {"pid", process_},
                                   {"tid", thread},
                                   {"ts", begin},
                                   {"dur", std::max(end - begin, 0.0)},
                                   {"args", std::move(details)}});
  }

  json::array& events_;
  std::uint64_t process_;
  std::map<std::string, std::uint64_t> rows_;
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
