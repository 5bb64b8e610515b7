// SPDX-License-Identifier: GPL-2.0-or-later
// One connection of a scripted peer, TCP or unix socket, and the addresses QEMU writes as URIs.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "mig/bytes.hpp"
#include "validate/peers/stream_writer.hpp"

namespace mig::validate {

using StreamSocket = boost::asio::generic::stream_protocol::socket;
using StreamEndpoint = boost::asio::generic::stream_protocol::endpoint;

/// "tcp:127.0.0.1:4444", "unix:/path". Throws CouldNotRun for anything else.
[[nodiscard]] StreamEndpoint endpoint_of(const std::string& uri);
/// The port that a TCP endpoint has; 0 for a unix socket.
[[nodiscard]] std::uint16_t port_of(const StreamEndpoint& endpoint);

class PeerChannel : public std::enable_shared_from_this<PeerChannel> {
 public:
  struct Handlers {
    std::function<void(Bytes)> data;
    std::function<void(const std::string&)> read_end;      ///< end of stream or error; writing may still work
    std::function<void(const std::string&)> write_failed;  ///< called once
  };

  PeerChannel(StreamSocket socket, Handlers handlers);
  /// Begins to read. Handlers are called until close().
  void start();
  void send(const Buffer& bytes);
  /// Bytes not yet handed to the kernel.
  [[nodiscard]] std::size_t backlog() const { return queue_.size() + sending_.size(); }
  /// No handler is called any more; what was sent is still written, then the connection is closed.
  void close();

 private:
  void read();
  void write();
  void shut_if_done();

  StreamSocket socket_;
  Handlers handlers_;
  Buffer received_;
  Buffer queue_;
  Buffer sending_;
  bool closing_ = false;
};

}  // namespace mig::validate
