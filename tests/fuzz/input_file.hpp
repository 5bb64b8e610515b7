// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "mig/bytes.hpp"

namespace mig::test {

/// A file in memory, for code that wants a path. Gone with the object.
class InputFile {
 public:
  /// With these bytes. Throws std::system_error.
  explicit InputFile(Bytes bytes = {});
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  int fd_;
  std::string path_;
};

}  // namespace mig::test
