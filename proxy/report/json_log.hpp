// SPDX-License-Identifier: GPL-2.0-or-later
// --log: one JSON object a line. docs/log-schema.md says what is in them.
#pragma once
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serializer.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/relay/observer.hpp"
#include "proxy/report/line_writer.hpp"
#include "proxy/report/summary.hpp"

namespace mig::proxy {

/// As in the lines of kind "verdict" and in the summary.
[[nodiscard]] boost::json::object verdict_object(const Verdict& verdict);

class JsonLog final : public Observer {
 public:
  /// `rules`: their texts, by RuleIndex. `log_pages`: each page has a line of its own. Times count from
  /// `start`, which the trace shares.
  JsonLog(LineWriter& out, std::vector<std::string> rules, bool log_pages = false,
          std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now());

  void started(std::string_view listening, std::string_view connecting, std::string_view version);
  void on(const RelayEvent& event) override;
  void summary(const Summary& summary, std::uint64_t lines_left_out = 0);

 private:
  struct LineOf;
  using Object = boost::json::object;
  /// A line begun: times, kind, event.
  Object begin(std::string_view kind, std::string_view event,
               std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now());
  Object begin(std::string_view kind, std::string_view event, const Who& who);
  void end(Object& line, std::string_view text);

  LineWriter& out_;
  std::vector<std::string> rules_;
  bool log_pages_;
  std::chrono::steady_clock::time_point start_;
  std::array<unsigned char, 8192> scratch_{};  // a line's objects live here: no allocation per line
  boost::json::monotonic_resource memory_{scratch_.data(), scratch_.size()};
  boost::json::serializer serializer_;
  std::string text_;
};

}  // namespace mig::proxy
