// SPDX-License-Identifier: GPL-2.0-or-later
// Small owners of system resources: a descriptor, a temporary folder, a file that grows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace mig::validate {

/// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A private folder with a short path (a unix socket's path may have 107 bytes), removed at the end; what a
/// killed process left behind is removed by the next one.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  UniqueFd lock_;  // tells others that we live
};

/// Reads what another process appends to a file, piece by piece.
class FileFollower {
 public:
  explicit FileFollower(std::filesystem::path path) : path_(std::move(path)) {}

  /// What was appended since the last call; empty while the file does not exist.
  [[nodiscard]] std::string read_new();

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
};

/// With its parents, if need be. Throws CouldNotRun.
void create_folder(const std::filesystem::path& path);
/// Throws CouldNotRun when it cannot be written.
void write_file(const std::filesystem::path& path, std::string_view text);

/// The file's last lines in one line of text, for error messages; empty if there is none.
[[nodiscard]] std::string tail_of(const std::filesystem::path& path, std::size_t lines = 3);

}  // namespace mig::validate
