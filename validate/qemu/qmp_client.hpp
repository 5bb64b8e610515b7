// SPDX-License-Identifier: GPL-2.0-or-later
// QMP, QEMU's control protocol: one JSON object a line, commands answered in order, events in between.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/clock.hpp"
#include "validate/base/files.hpp"

namespace mig::validate {

struct QmpReply {
  bool ok = false;
  boost::json::value result;
  std::string error;  ///< QEMU's text, or that there was no answer and why
};

struct QmpEvent {
  Seconds at = 0;  ///< QEMU's own time stamp on our clock
  std::string name;
  boost::json::object data;
};

/// Synchronous, every wait bounded. Failures are values: a destination that goes away is an expected outcome.
class QmpClient {
 public:
  /// Takes over a connected stream socket. `clock` outlives the client. Traffic is written to `log` unless
  /// empty.
  QmpClient(UniqueFd socket, const RunClock& clock, const std::filesystem::path& log = {});

  /// Leaves negotiation mode; false when the peer is no QMP server.
  [[nodiscard]] bool negotiate(Seconds limit = 10);
  QmpReply execute(std::string_view command, boost::json::object arguments = {}, Seconds limit = 5);

  /// Reads what has arrived and returns the events since the last call, in order.
  [[nodiscard]] std::vector<QmpEvent> take_events();
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  using Wanted = std::function<bool(const boost::json::object&)>;

  bool send_line(const std::string& line);
  void receive(Seconds limit);
  bool next_line(std::string& line);
  void keep_event(const boost::json::object& message);
  bool wait_for(const Wanted& wanted, Seconds limit, boost::json::object& message);
  void log(char direction, std::string_view line);

  UniqueFd socket_;
  const RunClock* clock_;
  std::ofstream log_;
  std::string received_;
  std::vector<QmpEvent> events_;
  std::int64_t last_id_ = 0;
  bool closed_ = false;
};

/// Connects to a unix socket that a starting process is about to make. Empty when `alive` says false or time
/// is up.
[[nodiscard]] UniqueFd connect_unix(const std::filesystem::path& path, Seconds limit,
                                    const std::function<bool()>& alive);

}  // namespace mig::validate
