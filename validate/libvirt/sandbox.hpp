// SPDX-License-Identifier: GPL-2.0-or-later
// The small world a libvirt daemon of ours lives in: its own host name, processes and files, the machine's
// network. bubblewrap makes it, without root where the kernel allows user namespaces.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mig::validate::libvirt {

struct Sandbox {
  std::filesystem::path tree;    ///< its /usr and the like; "/" is the machine's own
  std::string host_name;         ///< libvirt refuses to migrate to a host of the same name
  std::filesystem::path folder;  ///< seen as /host: a path that is another file in each host
  std::filesystem::path scene;   ///< seen as /scene in both hosts
  std::filesystem::path qemu;    ///< or a wrapper that finds the rest beside it
};

/// Files of ours under `folder`/etc that stand in for the machine's.
inline constexpr const char* replaced_files[] = {"passwd", "group", "hosts", "nsswitch.conf"};

/// What to give bwrap before the command. Everything inside dies with bwrap, and bwrap with its parent.
/// Throws CouldNotRun when the QEMU cannot be seen inside.
[[nodiscard]] std::vector<std::string> bwrap_arguments(const Sandbox& sandbox);

}  // namespace mig::validate::libvirt
