// SPDX-License-Identifier: GPL-2.0-or-later
// Where to listen and where to connect, as written on the command line.
#pragma once
#include <boost/asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mig::proxy {

using Stream = boost::asio::generic::stream_protocol;
using StreamSocket = Stream::socket;
using Endpoint = Stream::endpoint;

/// `host:port`, `[v6]:port`, `:port` or `unix:/path`.
struct Address {
  enum class Kind : std::uint8_t { tcp, unix_path };
  Kind kind = Kind::tcp;
  std::string host;  ///< empty: all interfaces to listen on, localhost to connect to
  std::uint16_t port = 0;
  std::string path;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Throws std::invalid_argument with a sentence that says what is wrong and shows the forms there are.
[[nodiscard]] Address parse_address(std::string_view text);
[[nodiscard]] std::string to_string(const Address& address);

/// What an address means now; several where a name has several. Throws std::runtime_error.
[[nodiscard]] std::vector<Endpoint> listen_endpoints(const Address& address);
[[nodiscard]] std::vector<Endpoint> connect_endpoints(const Address& address);

/// In the form of an Address: "127.0.0.1:4444", "[::1]:4444", "unix:/path"; "unix:" for an unnamed socket.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);
[[nodiscard]] bool is_unix(const Endpoint& endpoint) noexcept;

}  // namespace mig::proxy
