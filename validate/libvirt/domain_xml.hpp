// SPDX-License-Identifier: GPL-2.0-or-later
// The test guest as libvirt is told of it.
#pragma once

#include <filesystem>
#include <string>

namespace mig::validate::libvirt {

struct Domain {
  std::filesystem::path emulator;
  std::string machine = "pc-i440fx-7.2";
  unsigned memory_mib = 128;
};

/// The guest boots from /scene/disk.img, which both hosts share, and ticks into /host/serial, which is
/// another file on each. A second monitor on /host/qmp shows QEMU's own truth beside libvirt's.
[[nodiscard]] std::string domain_xml(const Domain& domain);

}  // namespace mig::validate::libvirt
