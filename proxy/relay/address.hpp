// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses as endpoints of the event loop's sockets.
#pragma once
#include <boost/asio/generic/stream_protocol.hpp>
#include <string>
#include <vector>

#include "common/address.hpp"

namespace mig::proxy {

using Stream = boost::asio::generic::stream_protocol;
using StreamSocket = Stream::socket;
using Endpoint = Stream::endpoint;

/// What an address means now; several if a name has several. Throws std::runtime_error.
[[nodiscard]] std::vector<Endpoint> listen_endpoints(const Address& address);
[[nodiscard]] std::vector<Endpoint> connect_endpoints(const Address& address);

[[nodiscard]] inline bool is_unix(const Endpoint& endpoint) noexcept {
  return endpoint.protocol().family() == AF_UNIX;
}
[[nodiscard]] inline std::string to_string(const Endpoint& endpoint) {
  return mig::to_string(endpoint.data(), endpoint.size());
}

}  // namespace mig::proxy
