// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "mig/bytes.hpp"
#include "replay/input/compressed_file.hpp"

namespace mig::replay {

/// Throws std::runtime_error where both are one file: it would be gone before it was read.
void refuse_input_as_output(const std::string& in, const std::string& out);

/// A file with mode 0600, since it may hold guest memory; it replaces an older one from its first byte
/// on, and what fails before that keeps the older one as it was. Every function throws std::runtime_error
/// that names the file and the reason.
class OutputFile {
 public:
  /// "-": standard output, which can only be appended to.
  explicit OutputFile(std::string path) : path_(std::move(path)) {}
  /// Empty, where nothing was written.
  void create() { static_cast<void>(fd()); }

  void append(Bytes bytes);
  void append_zeros(std::uint64_t count);
  /// What is appended next comes `count` bytes later: a hole. Not for standard output.
  void skip(std::uint64_t count);
  void write_at(std::uint64_t offset, Bytes bytes);
  /// Bytes that were never written are 0.
  void read_at(std::uint64_t offset, std::span<std::byte> bytes);
  void resize(std::uint64_t size);
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
  [[nodiscard]] bool seekable() const noexcept { return path_ != "-"; }

 private:
  [[noreturn]] void fail() const;
  [[nodiscard]] int fd();

  std::string path_;
  std::optional<Descriptor> fd_;
  std::uint64_t written_ = 0;
};

}  // namespace mig::replay
