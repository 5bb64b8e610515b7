// SPDX-License-Identifier: GPL-2.0-or-later
// A third process that writes to the shared disk, as QEMU's image locking sees it: us.
#pragma once

#include <filesystem>
#include <optional>

#include "validate/base/files.hpp"

namespace mig::validate {

class DiskLock {
 public:
  explicit DiskLock(std::filesystem::path image) : image_(std::move(image)) {}

  /// Takes the locks of an exclusive writer; false if another process writes.
  [[nodiscard]] bool take();
  void release() { fd_ = UniqueFd(); }

 private:
  std::filesystem::path image_;
  UniqueFd fd_;
};

}  // namespace mig::validate
