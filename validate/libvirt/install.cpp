// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/install.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/process/search_path.hpp>
#include <cstdlib>

#include "validate/base/errors.hpp"

namespace fs = std::filesystem;

namespace mig::validate::libvirt {
namespace {

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

fs::path cache_folder() {
  const auto cache = environment("XDG_CACHE_HOME");
  return (cache.empty() ? fs::path(environment("HOME")) / ".cache" : fs::path(cache)) / "migwire" / "libvirt";
}

bool can_start(const fs::path& program) { return ::access(program.c_str(), X_OK) == 0; }

Install unpacked(const std::string& name, const fs::path& folder) {
  return {name, folder / "virsh", folder / "bwrap", folder / "root"};
}

bool complete(const Install& install) {
  return can_start(install.virsh) && can_start(install.bwrap) &&
         can_start(install.tree / "usr/sbin/libvirtd");
}

Install system_install() {
  const auto search = [](const char* program) {
    return fs::path(boost::process::search_path(program).string());
  };
  Install own{"system", search("virsh"), search("bwrap"), "/"};
  if (complete(own)) return own;
  throw CouldNotRun(
      "this machine has no virsh, bwrap or /usr/sbin/libvirtd of its own. Install libvirt-clients, "
      "libvirt-daemon-driver-qemu and bubblewrap, or take --libvirt 12.8 (scripts/get-libvirt.sh 12.8).");
}

}  // namespace

Install find_install(const std::string& which) {
  if (which == "system") return system_install();
  if (which.find('/') != std::string::npos) {
    auto folder = unpacked(fs::path(which).filename().string(), fs::absolute(which));
    if (complete(folder)) return folder;
    throw CouldNotRun(which +
                      " has no virsh, bwrap and root/usr/sbin/libvirtd in it. "
                      "Give a folder that scripts/get-libvirt.sh prints.");
  }
  auto variable = "MIG_LIBVIRT_" + which;
  std::replace(variable.begin(), variable.end(), '.', '_');
  const auto named = environment(variable);
  auto cached = unpacked(which, named.empty() ? cache_folder() / which : fs::path(named));
  if (complete(cached)) return cached;
  throw CouldNotRun("no libvirt " + which + " installed. Fetch it: scripts/get-libvirt.sh " + which +
                    ", or set " + variable + " to a folder like the ones that it makes.");
}

}  // namespace mig::validate::libvirt
