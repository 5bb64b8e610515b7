// SPDX-License-Identifier: GPL-2.0-or-later
// One socket of a connection: the source's leg or the destination's.
#pragma once
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>
#include <utility>

#include "proxy/relay/address.hpp"

namespace mig::proxy {

class Leg {
 public:
  explicit Leg(StreamSocket socket) : socket_(std::move(socket)) {}

  [[nodiscard]] StreamSocket& socket() noexcept { return socket_; }
  [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }

  /// Non-blocking, no Nagle, urgent bytes stay in the stream. For a leg that is connected.
  void prepare();
  /// End of stream for the peer. Nothing can be written afterwards.
  void shut_sending();
  /// A reset for the peer, where the protocol has one; unix sockets are closed.
  void reset();
  void close();
  /// The error the kernel noted for this socket, reported once: how a reset shows while nobody reads.
  [[nodiscard]] boost::system::error_code take_error();
  /// The peer has ended its direction or the whole connection.
  [[nodiscard]] bool peer_ended();

  /// Calls `handler()` when the peer resets the connection. At most one watch is under way; it may also
  /// come for nothing. Reading would not do: it takes bytes, and a blocked direction has no room for them.
  template <class Handler>
  void watch(Handler handler) {
    if (watched_ || !is_open()) return;
    watched_ = true;
    socket_.async_wait(StreamSocket::wait_error, [this, number = watch_number_, handler = std::move(handler)](
                                                     const boost::system::error_code& error) mutable {
      if (number != watch_number_) return;
      watched_ = false;
      if (!error) handler();
    });
  }
  /// Ends a watch; with one under way each read costs a system call more. Cancels everything else that is
  /// under way on this leg.
  void unwatch();
  [[nodiscard]] bool is_watched() const noexcept { return watched_; }

 private:
  StreamSocket socket_;
  bool watched_ = false;
  unsigned watch_number_ = 0;
};

}  // namespace mig::proxy
