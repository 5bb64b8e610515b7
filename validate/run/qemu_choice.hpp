// SPDX-License-Identifier: GPL-2.0-or-later
// Which QEMU is meant: a path, or a version that scripts/get-qemu.sh knows.
#pragma once

#include <filesystem>
#include <string>

#include "validate/base/version.hpp"

namespace mig::validate {

struct QemuChoice {
  std::string name;  ///< as given: "11.1" or a path
  std::filesystem::path path;
  QemuVersion version;  ///< as the program itself states it
};

/// MIG_QEMU_11_1 and the like, the cache of get-qemu.sh, or a path. With `fetch` a missing version is
/// fetched. Throws WrongUsage for what is no QEMU, CouldNotRun for a version that is not installed.
[[nodiscard]] QemuChoice choose_qemu(const std::string& name, bool fetch);

}  // namespace mig::validate
