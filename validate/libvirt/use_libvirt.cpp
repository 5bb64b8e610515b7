// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/use_libvirt.hpp"

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/libvirt/install.hpp"
#include "validate/libvirt/libvirt_driver.hpp"
#include "validate/libvirt/migrate_options.hpp"

namespace mig::validate::libvirt {

void use_libvirt(const std::string& which, MatrixOptions& options) {
  const auto install = find_install(which);
  const TempDir folder;
  const auto said = Virsh(install, folder.path()).version();
  const auto version = parse_version(said);
  if (!version) throw CouldNotRun(install.virsh.string() + " does not say its version, but: " + said);
  options.libvirt = LibvirtChoice{which, *version, unsupported_reason};
  options.make_driver = [install](const Scenario& scenario, const RunSetup& setup, const RunClock& clock) {
    return std::make_unique<LibvirtDriver>(scenario, setup, install, clock);
  };
}

}  // namespace mig::validate::libvirt
