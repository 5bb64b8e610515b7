// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/address.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace mig {
namespace {

[[noreturn]] void reject(std::string_view text, std::string_view why) {
  throw std::invalid_argument("'" + std::string(text) + "' is not an address: " + std::string(why) +
                              "; write host:port, [ipv6]:port, :port or unix:/path");
}

std::uint16_t parse_port(std::string_view text, std::string_view port) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (port.empty()) reject(text, "the port is missing");
  if (error != std::errc{} || end != port.data() + port.size()) {
    reject(text, "'" + std::string(port) + "' is not a port (0 to 65535)");
  }
  return value;
}

Address parse_unix(std::string_view text, std::string_view path) {
  if (path.empty()) reject(text, "the path is missing");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    reject(text, "a unix socket's path has at most " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                     " bytes");
  }
  return {Address::Kind::unix_path, {}, 0, std::string(path)};
}

SocketAddress copy_of(const void* address, std::size_t size) {
  SocketAddress copy;
  copy.size = static_cast<socklen_t>(size);
  std::memcpy(&copy.storage, address, std::min(size, sizeof copy.storage));
  return copy;
}

SocketAddress unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return copy_of(&address, offsetof(sockaddr_un, sun_path) + path.size() + 1);
}

SocketAddress any_address(int family, std::uint16_t port) {
  if (family == AF_INET) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return copy_of(&v4, sizeof v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return copy_of(&v6, sizeof v6);
}

std::vector<SocketAddress> resolve(const Address& address, const char* host, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, freeaddrinfo);
  if (error != 0) {
    throw std::runtime_error("cannot find host '" + address.host + "': " + gai_strerror(error));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    addresses.push_back(copy_of(at->ai_addr, at->ai_addrlen));
  }
  return addresses;
}

/// The first of `candidates` with which `use(socket, candidate)` succeeds.
template <class Use>
int socket_for(const Address& address, const std::vector<SocketAddress>& candidates, Use use) {
  int reason = 0;
  for (const SocketAddress& candidate : candidates) {
    const int s = ::socket(candidate.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s >= 0 && use(s, candidate)) return s;
    reason = errno;
    if (s >= 0) ::close(s);
  }
  throw std::runtime_error(to_string(address) + ": " + std::strerror(reason));
}

}  // namespace

Address parse_address(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  constexpr std::string_view tcp_prefix = "tcp:";
  if (text.starts_with(unix_prefix)) return parse_unix(text, text.substr(unix_prefix.size()));
  const auto tcp = text.starts_with(tcp_prefix) ? text.substr(tcp_prefix.size()) : text;
  if (tcp.starts_with('[')) {
    const auto close = tcp.find(']');
    if (close == std::string_view::npos) reject(text, "']' is missing");
    const auto rest = tcp.substr(close + 1);
    if (!rest.starts_with(':')) reject(text, "the port is missing");
    return {Address::Kind::tcp, std::string(tcp.substr(1, close - 1)), parse_port(text, rest.substr(1)), {}};
  }
  const auto colon = tcp.rfind(':');
  if (colon == std::string_view::npos) reject(text, "the port is missing");
  const auto host = tcp.substr(0, colon);
  if (host.find(':') != std::string_view::npos) reject(text, "an IPv6 address needs brackets");
  return {Address::Kind::tcp, std::string(host), parse_port(text, tcp.substr(colon + 1)), {}};
}

std::string to_string(const Address& address) {
  if (address.kind == Address::Kind::unix_path) return "unix:" + address.path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::vector<SocketAddress> listen_addresses(const Address& address) {
  if (address.kind == Address::Kind::unix_path) return {unix_address(address.path)};
  if (!address.host.empty()) return resolve(address, address.host.c_str(), AI_PASSIVE);
  // [::] serves IPv4 too; the second is for machines without IPv6.
  return {any_address(AF_INET6, address.port), any_address(AF_INET, address.port)};
}

std::vector<SocketAddress> connect_addresses(const Address& address) {
  if (address.kind == Address::Kind::unix_path) return {unix_address(address.path)};
  return resolve(address, address.host.empty() ? "localhost" : address.host.c_str(), 0);
}

std::string to_string(const sockaddr* address, std::size_t size) {
  if (address->sa_family == AF_UNIX) {
    sockaddr_un unnamed{};
    std::memcpy(&unnamed, address, std::min(size, sizeof unnamed));
    return "unix:" + std::string(unnamed.sun_path, strnlen(unnamed.sun_path, sizeof unnamed.sun_path));
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(address, static_cast<socklen_t>(size), host.data(), host.size(), port.data(), port.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  const std::string name = host.data();
  return (name.find(':') != std::string::npos ? "[" + name + "]" : name) + ":" + port.data();
}

int connect_to(const Address& address) {
  return socket_for(address, connect_addresses(address), [](int s, const SocketAddress& candidate) {
    return ::connect(s, candidate.get(), candidate.size) == 0;
  });
}

int listen_on(const Address& address) {
  return socket_for(address, listen_addresses(address), [](int s, const SocketAddress& candidate) {
    const int on = 1;
    ::setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return ::bind(s, candidate.get(), candidate.size) == 0 && ::listen(s, SOMAXCONN) == 0;
  });
}

}  // namespace mig
