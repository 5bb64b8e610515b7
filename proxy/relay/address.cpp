// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/relay/address.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace mig::proxy {
namespace {

using boost::asio::ip::tcp;
using boost::asio::local::stream_protocol;

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw std::invalid_argument("'" + std::string(text) + "' is no address: " + std::string(why) +
                              "; write host:port, [ipv6]:port, :port or unix:/path");
}

std::uint16_t parse_port(std::string_view text, std::string_view port) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (port.empty()) refuse(text, "the port is missing");
  if (error != std::errc{} || end != port.data() + port.size()) {
    refuse(text, "'" + std::string(port) + "' is no port (0 to 65535)");
  }
  return value;
}

Address parse_unix(std::string_view text, std::string_view path) {
  if (path.empty()) refuse(text, "the path is missing");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    refuse(text, "a unix socket's path has at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                     " bytes");
  }
  return {Address::Kind::unix_path, {}, 0, std::string(path)};
}

struct FreeAddrInfo {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};

std::vector<Endpoint> resolve(const Address& address, const char* host, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, FreeAddrInfo> list(found);
  if (error != 0) {
    throw std::runtime_error("cannot find host '" + address.host + "': " + gai_strerror(error));
  }
  std::vector<Endpoint> endpoints;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    endpoints.emplace_back(at->ai_addr, at->ai_addrlen, IPPROTO_TCP);
  }
  return endpoints;
}

}  // namespace

Address parse_address(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) return parse_unix(text, text.substr(unix_prefix.size()));
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) refuse(text, "']' is missing");
    const auto rest = text.substr(close + 1);
    if (!rest.starts_with(':')) refuse(text, "the port is missing");
    return {Address::Kind::tcp, std::string(text.substr(1, close - 1)), parse_port(text, rest.substr(1)), {}};
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text, "the port is missing");
  const auto host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos) refuse(text, "an IPv6 address needs brackets");
  return {Address::Kind::tcp, std::string(host), parse_port(text, text.substr(colon + 1)), {}};
}

std::string to_string(const Address& address) {
  if (address.kind == Address::Kind::unix_path) return "unix:" + address.path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::vector<Endpoint> listen_endpoints(const Address& address) {
  if (address.kind == Address::Kind::unix_path) return {stream_protocol::endpoint(address.path)};
  if (!address.host.empty()) return resolve(address, address.host.c_str(), AI_PASSIVE);
  // [::] serves IPv4 too; the second is for machines without IPv6.
  return {tcp::endpoint(tcp::v6(), address.port), tcp::endpoint(tcp::v4(), address.port)};
}

std::vector<Endpoint> connect_endpoints(const Address& address) {
  if (address.kind == Address::Kind::unix_path) return {stream_protocol::endpoint(address.path)};
  return resolve(address, address.host.empty() ? "localhost" : address.host.c_str(), 0);
}

bool is_unix(const Endpoint& endpoint) noexcept { return endpoint.protocol().family() == AF_UNIX; }

std::string to_string(const Endpoint& endpoint) {
  if (is_unix(endpoint)) {
    sockaddr_un unnamed{};
    std::memcpy(&unnamed, endpoint.data(), std::min(endpoint.size(), sizeof unnamed));
    return "unix:" + std::string(unnamed.sun_path, strnlen(unnamed.sun_path, sizeof unnamed.sun_path));
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(endpoint.data(), static_cast<socklen_t>(endpoint.size()), host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  const std::string name = host.data();
  return (name.find(':') != std::string::npos ? "[" + name + "]" : name) + ":" + port.data();
}

}  // namespace mig::proxy
