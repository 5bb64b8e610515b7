// SPDX-License-Identifier: GPL-2.0-or-later
// Opens the destination's legs, one after the other.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "proxy/relay/address.hpp"

namespace mig::proxy {

class Connection;

/// A QEMU destination distinguishes some channels by the order in which they arrive, so the next connect
/// starts only when the one before is done or has failed.
class Connector {
 public:
  Connector(boost::asio::io_context& context, std::vector<Endpoint> destination);
  /// Ends in Connection::connected() or refused(), unless the connection is gone by then.
  void add(std::shared_ptr<Connection> connection);

 private:
  void next();
  void attempt();
  void retry_soon();
  void done(const boost::system::error_code& error);
  void finish_connect(const std::shared_ptr<Connection>& connection, const boost::system::error_code& error);

  std::vector<Endpoint> destination_;
  std::deque<std::shared_ptr<Connection>> queue_;
  std::shared_ptr<Connection> current_;
  std::size_t endpoint_ = 0;
  std::size_t retries_ = 0;
  boost::asio::steady_timer timer_;
};

}  // namespace mig::proxy
