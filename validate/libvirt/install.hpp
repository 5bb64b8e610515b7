// SPDX-License-Identifier: GPL-2.0-or-later
// A libvirt to start daemons from: what scripts/get-libvirt.sh has unpacked, or the machine's own.
#pragma once

#include <filesystem>
#include <string>

namespace mig::validate::libvirt {

struct Install {
  std::string name;             ///< as asked for: "12.8", "system"
  std::filesystem::path virsh;  ///< program or wrapper, started outside of the hosts
  std::filesystem::path bwrap;  ///< bubblewrap, which makes the hosts
  std::filesystem::path tree;   ///< the root that holds /usr/sbin/libvirtd; "/" is the machine's own
};

/// `which` is a version that the script knows, "system", or a folder like those of the script.
/// Throws CouldNotRun, with the command that would fetch it.
[[nodiscard]] Install find_install(const std::string& which);

}  // namespace mig::validate::libvirt
