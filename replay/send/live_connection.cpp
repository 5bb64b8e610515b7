// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/send/live_connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/address.hpp"

namespace mig::replay {
namespace {

int milliseconds_until(SteadyTime until) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
}

}  // namespace

LiveConnection::LiveConnection(const std::string& address, std::function<void(Bytes)> answer)
    : socket_(connect_to(parse_address(address))), answer_(std::move(answer)) {
  ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

LiveConnection::LiveConnection(LiveConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), ended_(other.ended_), answer_(std::move(other.answer_)) {}

LiveConnection::~LiveConnection() {
  if (socket_ >= 0) ::close(socket_);
}

void LiveConnection::read() {
  std::array<std::byte, 1U << 14> buffer{};
  while (!ended_) {
    const auto n = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (n > 0) {
      answer_(std::span(buffer).first(static_cast<std::size_t>(n)));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      ended_ = true;
    } else {
      return;
    }
  }
}

std::size_t LiveConnection::write(Bytes bytes) {
  const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno != EAGAIN && errno != EINTR) {
    read();  // what it said last
    ended_ = true;
  }
  return 0;
}

void LiveConnection::end_of_stream() noexcept { ::shutdown(socket_, SHUT_WR); }

void wait_for(const std::vector<LiveConnection*>& all, const LiveConnection* writable, SteadyTime until,
              const std::function<bool()>& done) {
  std::vector<pollfd> polled;
  while (!done()) {
    const int timeout = milliseconds_until(until);
    polled.clear();
    for (const auto* c : all) {
      // A negative descriptor is left out by poll().
      const short wanted = static_cast<short>(POLLIN | (c == writable ? POLLOUT : 0));
      polled.push_back({c->ended() ? -1 : c->socket(), wanted, 0});
    }
    if (::poll(polled.data(), polled.size(), timeout) < 0 && errno != EINTR) return;
    bool can_write = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) all[i]->read();
      can_write = can_write || (polled[i].revents & POLLOUT) != 0;
    }
    if (can_write || std::chrono::steady_clock::now() >= until) return;
  }
}

}  // namespace mig::replay
