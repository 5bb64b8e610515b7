// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "mig/bytes.hpp"

namespace mig::replay {

using SteadyTime = std::chrono::steady_clock::time_point;

/// A connection to a real destination. What it answers is handed over whenever something is waited for.
class LiveConnection {
 public:
  /// `address`: HOST:PORT, [V6]:PORT, tcp:HOST:PORT or unix:PATH. Throws std::exception that names it.
  LiveConnection(const std::string& address, std::function<void(Bytes)> answer);
  LiveConnection(LiveConnection&& other) noexcept;
  LiveConnection& operator=(LiveConnection&&) = delete;
  LiveConnection(const LiveConnection&) = delete;
  LiveConnection& operator=(const LiveConnection&) = delete;
  ~LiveConnection();

  [[nodiscard]] int socket() const noexcept { return socket_; }
  /// The destination ended its side, or reset the connection.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Takes what has come; called when the socket is readable.
  void read();
  /// As many as the socket takes at once; 0: none now.
  std::size_t write(Bytes bytes);
  /// Nothing more will be written.
  void end_of_stream() noexcept;

 private:
  int socket_ = -1;
  bool ended_ = false;
  std::function<void(Bytes)> answer_;
};

/// Waits until `until`, or until `writable` takes bytes or `done` is true, and meanwhile reads all
/// connections.
void wait_for(const std::vector<LiveConnection*>& all, const LiveConnection* writable, SteadyTime until,
              const std::function<bool()>& done);

}  // namespace mig::replay
