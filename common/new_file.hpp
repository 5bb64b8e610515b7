// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "common/descriptor.hpp"
#include "mig/bytes.hpp"

namespace mig {

/// A file that appears under its name when it is whole, or not at all: it is written beside its place under
/// another name, readable by its owner only (0600), and put in place by commit(). A symbolic link in its
/// place is replaced, not followed. Every function throws std::runtime_error that names the file and the
/// reason.
class NewFile {
 public:
  /// Only a regular file, or none, may be at `path` now.
  explicit NewFile(std::string path);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  /// What comes after commit() continues the file.
  void append(Bytes bytes);
  /// When it returns, all of it is on disk under its name.
  void commit();
  /// Where it is until then.
  [[nodiscard]] const std::string& temporary() const noexcept { return temporary_; }
  /// So that it can be read under that name.
  void flush();
  /// When it returns, what was appended is on disk.
  void sync();

 private:
  [[noreturn]] void fail(int reason) const;

  std::string path_, temporary_;
  Descriptor fd_;
  std::vector<std::byte> buffer_;
};

}  // namespace mig
