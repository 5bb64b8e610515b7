// SPDX-License-Identifier: GPL-2.0-or-later
// What people see on the terminal while migproxy runs.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/relay/observer.hpp"
#include "proxy/report/line_writer.hpp"

namespace mig::proxy {

struct TraceOptions {
  bool units = false;   ///< --trace: every unit; else connections, phases, faults and warnings
  bool colour = false;  ///< see wants_colour()
};

/// True for a terminal, unless NO_COLOR is set or the terminal is dumb.
[[nodiscard]] bool wants_colour(int fd);

class Trace final : public Observer {
 public:
  /// `rules`: their texts, by RuleIndex. Times count from `start`, which the log shares.
  Trace(LineWriter& out, std::vector<std::string> rules, TraceOptions options,
        std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now());

  void on(const RelayEvent& event) override;

 private:
  [[nodiscard]] bool wants(const RelayEvent& event) const;
  template <class One>
  void begin_for(const One& one);
  void begin(const Who& who);
  void begin(std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now());
  void arrow(Direction direction);
  void paint(std::string_view colour, std::string_view text);

  LineWriter& out_;
  std::vector<std::string> rules_;
  TraceOptions options_;
  std::chrono::steady_clock::time_point start_;
  std::string line_;
};

}  // namespace mig::proxy
