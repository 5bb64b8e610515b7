// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>

#include "mig/bytes.hpp"
#include "replay/input/packed_file.hpp"

namespace mig::replay {

/// A file that is written anew. Every function throws std::runtime_error that names the file and the reason.
class OutputFile {
 public:
  /// "-": standard output, which can only be appended to.
  explicit OutputFile(const std::string& path);

  void append(Bytes bytes);
  void append_zeros(std::uint64_t count);
  void write_at(std::uint64_t offset, Bytes bytes);
  /// Bytes that were never written are 0.
  void read_at(std::uint64_t offset, std::span<std::byte> bytes);
  void resize(std::uint64_t size);
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
  [[nodiscard]] bool seekable() const noexcept { return path_ != "-"; }

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  Descriptor fd_;
  std::uint64_t written_ = 0;
};

}  // namespace mig::replay
