// SPDX-License-Identifier: GPL-2.0-or-later
// Which QEMU is meant: a path, or a version that scripts/get-qemu.sh knows.
#pragma once

#include <filesystem>
#include <string>

#include "validate/scenario/version.hpp"

namespace mig::validate {

struct QemuChoice {
  std::string name;            ///< as given: "11.1" or a path
  std::filesystem::path path;  ///< empty: not at hand
  QemuVersion version;
  std::string why_not;  ///< when it is not at hand
};

/// MIG_QEMU_11_1 and the like, the cache of get-qemu.sh, or a path. With `fetch` a missing version is
/// fetched.
[[nodiscard]] QemuChoice choose_qemu(const std::string& name, bool fetch);

}  // namespace mig::validate
