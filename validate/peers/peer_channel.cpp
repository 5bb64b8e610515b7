// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/peer_channel.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <utility>

#include "validate/base/errors.hpp"

namespace asio = boost::asio;
using boost::system::error_code;

namespace mig::validate {
namespace {

constexpr std::size_t read_size = 64U << 10U;

}  // namespace

StreamEndpoint endpoint_of(const std::string& uri) {
  if (uri.starts_with("unix:")) return asio::local::stream_protocol::endpoint(uri.substr(5));
  const auto colon = uri.rfind(':');
  std::uint16_t port = 0;
  error_code failed;
  if (uri.starts_with("tcp:") && colon > 4) {
    const auto* end = uri.data() + uri.size();
    const auto [stop, error] = std::from_chars(uri.data() + colon + 1, end, port);
    const auto address = asio::ip::make_address(uri.substr(4, colon - 4), failed);
    if (!failed && error == std::errc() && stop == end) return asio::ip::tcp::endpoint(address, port);
  }
  throw CouldNotRun("a scripted peer does not know '" + uri + "': give tcp:ADDRESS:PORT or unix:PATH");
}

std::uint16_t port_of(const StreamEndpoint& endpoint) {
  if (endpoint.protocol().family() == AF_UNIX) return 0;
  asio::ip::tcp::endpoint tcp;
  tcp.resize(endpoint.size());
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  return tcp.port();
}

PeerChannel::PeerChannel(StreamSocket socket, Handlers handlers)
    : socket_(std::move(socket)), handlers_(std::move(handlers)), received_(read_size) {
  error_code not_tcp;
  socket_.set_option(asio::ip::tcp::no_delay(true), not_tcp);
}

void PeerChannel::start() { read(); }

void PeerChannel::read() {
  socket_.async_read_some(
      asio::buffer(received_), [self = shared_from_this()](const error_code& end, std::size_t size) {
        if (self->closing_) return;
        if (end) return self->handlers_.read_end(end == asio::error::eof ? "end of stream" : end.message());
        self->handlers_.data(Bytes(self->received_).first(size));
        if (!self->closing_) self->read();
      });
}

void PeerChannel::send(const Buffer& bytes) {
  if (closing_) return;
  queue_.insert(queue_.end(), bytes.begin(), bytes.end());
  if (sending_.empty()) write();
}

void PeerChannel::write() {
  sending_ = std::exchange(queue_, {});
  if (sending_.empty()) return shut_if_done();
  asio::async_write(socket_, asio::buffer(sending_),
                    [self = shared_from_this()](const error_code& failed, std::size_t) {
                      self->sending_.clear();
                      if (!failed) return self->write();
                      self->queue_.clear();
                      if (!self->closing_) self->handlers_.write_failed(failed.message());
                      self->shut_if_done();
                    });
}

void PeerChannel::close() {
  closing_ = true;
  shut_if_done();
}

void PeerChannel::shut_if_done() {
  error_code ignored;
  if (closing_ && backlog() == 0) socket_.close(ignored);
}

}  // namespace mig::validate
