// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/drive_through.hpp"

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/libvirt/install.hpp"
#include "validate/libvirt/libvirt_driver.hpp"
#include "validate/libvirt/migrate_options.hpp"

namespace mig::validate::libvirt {

void drive_through(const std::string& which, MatrixOptions& options) {
  const auto install = find_install(which);
  const TempDir folder;
  const auto said = Virsh(install, folder.path()).version();
  const auto version = parse_version(said);
  if (!version) throw CouldNotRun(install.virsh.string() + " does not say its version, but: " + said);
  options.libvirt = LibvirtChoice{which, *version, why_not};
  options.make_driver = [install](const Scenario& scenario, const Bench& bench, const RunClock& clock) {
    return std::make_unique<LibvirtDriver>(scenario, bench, install, clock);
  };
}

}  // namespace mig::validate::libvirt
