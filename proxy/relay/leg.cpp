// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/relay/leg.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace mig::proxy {

using boost::system::error_code;

void Leg::prepare() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  const int on = 1;
  // On unix sockets both fail, and neither is needed there.
  ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
}

void Leg::shut_sending() {
  error_code ignored;
  if (is_open()) socket_.shutdown(StreamSocket::shutdown_send, ignored);
}

void Leg::reset() {
  error_code ignored;
  if (!is_open()) return;
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

void Leg::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Leg::unwatch() {
  error_code ignored;
  watched_ = false;
  ++watch_number_;
  socket_.cancel(ignored);
}

error_code Leg::take_error() {
  int number = 0;
  socklen_t size = sizeof number;
  if (!is_open() || ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &number, &size) != 0)
    return {};
  return {number, boost::system::system_category()};
}

bool Leg::peer_ended() {
  if (!is_open()) return true;
  pollfd state{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLERR | POLLHUP)) != 0;
}

}  // namespace mig::proxy
