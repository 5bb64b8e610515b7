// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/relay/connector.hpp"

#include <boost/asio/error.hpp>
#include <utility>

#include "proxy/relay/connection.hpp"
#include "proxy/relay/relay.hpp"

namespace mig::proxy {
namespace {

using boost::system::error_code;

constexpr std::chrono::milliseconds retry_after{10};
constexpr std::size_t max_retries = 500;

/// A unix socket whose queue is full answers EAGAIN, which looks like a connect under way that succeeds at
/// once; only asking for the peer's name shows it.
bool is_queue_full(StreamSocket& socket, const error_code& error) {
  if (error) return error == boost::asio::error::would_block;
  error_code unconnected;
  (void)socket.remote_endpoint(unconnected);
  return unconnected == boost::asio::error::not_connected;
}

}  // namespace

Connector::Connector(boost::asio::io_context& context, std::vector<Endpoint> destination)
    : destination_(std::move(destination)), timer_(context) {}

void Connector::add(std::shared_ptr<Connection> connection) {
  queue_.push_back(std::move(connection));
  if (!current_) next();
}

void Connector::next() {
  current_.reset();
  while (!queue_.empty() && !current_) {
    current_ = std::move(queue_.front());
    queue_.pop_front();
    if (!current_->is_alive()) current_.reset();
  }
  endpoint_ = retries_ = 0;
  if (current_) attempt();
}

void Connector::attempt() {
  StreamSocket& socket = current_->destination().socket();
  error_code error;
  socket.close(error);
  socket.open(destination_[endpoint_].protocol(), error);
  if (error) return done(error);
  socket.async_connect(destination_[endpoint_],
                       [this, keep = current_](const error_code& result) { done(result); });
}

void Connector::done(const error_code& error) {
  if (!current_->is_alive()) return next();
  if (is_unix(destination_[endpoint_]) && is_queue_full(current_->destination().socket(), error) &&
      ++retries_ < max_retries) {
    return retry_soon();
  }
  if (error && ++endpoint_ < destination_.size()) return attempt();
  finish_connect(std::exchange(current_, nullptr), error);
}

void Connector::retry_soon() {
  timer_.expires_after(retry_after);
  timer_.async_wait([this](const error_code& error) {
    if (error) return;
    current_->is_alive() ? attempt() : next();
  });
}

void Connector::finish_connect(const std::shared_ptr<Connection>& connection, const error_code& error) {
  Relay& relay = connection->relay();
  if (error) {
    connection->refused(to_string(destination_.back()) + ": " + error.message());
  } else {
    connection->destination().prepare();
    connection->connected(destination_[endpoint_]);
  }
  if (!current_) next();
  relay.deliver_pending();
}

}  // namespace mig::proxy
