// SPDX-License-Identifier: GPL-2.0-or-later
// --virsh: the command with which libvirt migrates through migproxy.
#pragma once
#include <string>

#include "proxy/relay/address.hpp"

namespace mig::proxy {

/// The `virsh migrate` line for these addresses, with DOMAIN and DESTINATION to be filled in; for unix
/// sockets a second line says what has to be at that path. Throws std::invalid_argument for addresses that
/// libvirt cannot be given.
[[nodiscard]] std::string virsh_line(const Address& listen, const Address& connect);

}  // namespace mig::proxy
