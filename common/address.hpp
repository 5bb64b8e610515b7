// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses as they are written on a command line, and the sockets that they name. No Boost: the programs
// that block read them, too.
#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mig {

/// `host:port`, `[v6]:port`, `:port` or `unix:/path`; `tcp:` in front, as QEMU writes it, is accepted.
struct Address {
  enum class Kind : std::uint8_t { tcp, unix_path };
  Kind kind = Kind::tcp;
  std::string host;  ///< empty: all interfaces to listen on, localhost to connect to
  std::uint16_t port = 0;
  std::string path;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Throws std::invalid_argument with a sentence that says what is wrong and lists the accepted forms.
[[nodiscard]] Address parse_address(std::string_view text);
[[nodiscard]] std::string to_string(const Address& address);

/// What the socket calls take.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// What an address means now; several if a name has several. Throws std::runtime_error.
[[nodiscard]] std::vector<SocketAddress> listen_addresses(const Address& address);
[[nodiscard]] std::vector<SocketAddress> connect_addresses(const Address& address);

/// In the form of an Address: "127.0.0.1:4444", "[::1]:4444", "unix:/path"; "unix:" for an unnamed socket.
[[nodiscard]] std::string to_string(const sockaddr* address, std::size_t size);

/// A blocking socket (the caller closes it) that is connected to `address`, or that listens on it. Throws
/// std::runtime_error with the address in front.
[[nodiscard]] int connect_to(const Address& address);
[[nodiscard]] int listen_on(const Address& address);

}  // namespace mig
