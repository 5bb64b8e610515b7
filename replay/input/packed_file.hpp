// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdio>
#include <memory>
#include <string>

namespace mig::replay {

/// Owns a FILE opened for reading.
using File = std::unique_ptr<FILE, int (*)(FILE*)>;

/// An open file and its first bytes (at most 8), which are still to be read.
struct PackedFile {
  File file;
  std::string first;
};

/// Opens a file, or standard input for "-", and unpacks gzip and zstd on the way; which it is, its first
/// bytes tell. Throws std::runtime_error that names the file and the reason.
[[nodiscard]] PackedFile open_packed(const std::string& path);

}  // namespace mig::replay
