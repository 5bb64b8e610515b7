// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/relay/address.hpp"

#include <netinet/in.h>

namespace mig::proxy {
namespace {

std::vector<Endpoint> endpoints(const std::vector<SocketAddress>& addresses) {
  std::vector<Endpoint> out;
  for (const SocketAddress& address : addresses) {
    const bool tcp = address.storage.ss_family != AF_UNIX;
    out.emplace_back(address.get(), address.size, tcp ? IPPROTO_TCP : 0);
  }
  return out;
}

}  // namespace

std::vector<Endpoint> listen_endpoints(const Address& address) {
  return endpoints(listen_addresses(address));
}
std::vector<Endpoint> connect_endpoints(const Address& address) {
  return endpoints(connect_addresses(address));
}

}  // namespace mig::proxy
