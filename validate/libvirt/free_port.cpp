// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

namespace mig::validate::libvirt {
namespace {

constexpr int attempts = 50;

/// 0 when it is taken; port 0 lets the kernel choose.
std::uint16_t bind_to(const std::string& address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto* generic = reinterpret_cast<sockaddr*>(&name);
  socklen_t size = sizeof name;
  if (::bind(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0) return 0;
  return ntohs(name.sin_port);
}

}  // namespace

std::uint16_t free_port(const std::vector<std::string>& addresses) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const auto port = bind_to(addresses.front(), 0);
    const auto free = [port](const std::string& address) { return bind_to(address, port) == port; };
    if (port != 0 && std::all_of(addresses.begin(), addresses.end(), free)) return port;
  }
  throw CouldNotRun("no TCP port is free at " + addresses.front() + ". The loopback interface has to be up.");
}

}  // namespace mig::validate::libvirt
