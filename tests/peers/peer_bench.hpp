// SPDX-License-Identifier: GPL-2.0-or-later
// Scripted peers inside a test: one io_context, bounded waits, and a raw socket that plays the other side.
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "validate/peers/peer_state.hpp"
#include "validate/peers/scripted_destination.hpp"
#include "validate/peers/scripted_guest.hpp"
#include "validate/peers/scripted_source.hpp"
#include "validate/peers/stream_writer.hpp"

namespace mig::test {

namespace asio = boost::asio;
using namespace mig::validate;

/// One peer's memory, guest and state, and every status it went through.
struct Host {
  explicit Host(asio::io_context& io, const char* run_state)
      : guest(io, memory, [this](std::uint32_t tick) { ticks.push_back(tick); }) {
    state.run_state = run_state;
    state.on_status = [this] { history += std::string(to_string(state.status)) + " "; };
  }
  ScriptedMemory memory;
  ScriptedGuest guest;
  PeerState state;
  std::vector<std::uint32_t> ticks;
  std::string history;
};

inline bool run_until(asio::io_context& io, const std::function<bool()>& done, double seconds = 10) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    io.run_for(std::chrono::milliseconds(2));
    io.restart();
  }
  return true;
}
inline void run_for(asio::io_context& io, double seconds) {
  (void)run_until(
      io, [] { return false; }, seconds);
}

/// The raw other side: what arrives is kept.
class RawPeer {
 public:
  RawPeer(asio::io_context& io, asio::ip::tcp::socket socket) : io_(io), socket_(std::move(socket)) {
    read();
  }

  void send(const Buffer& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void close() { socket_.close(); }
  void reset() {
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }
  [[nodiscard]] const Buffer& received() const { return received_; }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool wait_for(std::size_t size) {
    return run_until(io_, [&] { return received_.size() >= size; });
  }

 private:
  void read() {
    socket_.async_read_some(
        asio::buffer(chunk_), [this](const boost::system::error_code& end, std::size_t n) {
          if (end == asio::error::operation_aborted) return;
          received_.insert(received_.end(), chunk_.begin(), chunk_.begin() + static_cast<std::ptrdiff_t>(n));
          ended_ = static_cast<bool>(end);
          if (!end) read();
        });
  }

  asio::io_context& io_;
  asio::ip::tcp::socket socket_;
  Buffer chunk_ = Buffer(65536);
  Buffer received_;
  bool ended_ = false;
};

inline std::string tcp_uri(std::uint16_t port) { return "tcp:127.0.0.1:" + std::to_string(port); }

}  // namespace mig::test
