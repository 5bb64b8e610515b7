// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "mig/bytes.hpp"
#include "replay/input/compressed_file.hpp"

namespace mig::replay {

/// A file that comes into being whole or not at all: it is written beside its place under another name, for
/// its owner's eyes alone (0600), and put there by commit(). Every function throws std::runtime_error that
/// names the file and the reason.
class NewFile {
 public:
  /// Only a regular file, or none, may be at `path` now.
  explicit NewFile(std::string path);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  void append(Bytes bytes);
  void commit();
  /// Where it is until then.
  [[nodiscard]] const std::string& temporary() const noexcept { return temporary_; }
  /// So that it can be read under that name.
  void flush();

 private:
  [[noreturn]] void fail(int reason) const;

  std::string path_, temporary_;
  Descriptor fd_;
  std::vector<std::byte> buffer_;
};

}  // namespace mig::replay
