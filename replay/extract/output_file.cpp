// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/extract/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace mig::replay {

void refuse_input_as_output(const std::string& in, const std::string& out) {
  std::error_code none;  // neither need be a file, or be there
  if (std::filesystem::equivalent(in, out, none))
    throw std::runtime_error(out + ": is the input itself; write to another file");
}

int OutputFile::fd() {
  if (fd_) return fd_->get();
  fd_.emplace(path_ == "-" ? ::dup(STDOUT_FILENO)
                           : ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (fd_->get() < 0) fail();
  // One that was there keeps its mode; a device or a pipe is no file of ours.
  struct stat about {};
  const bool file = path_ != "-" && ::fstat(fd_->get(), &about) == 0 && S_ISREG(about.st_mode);
  if (file && ::fchmod(fd_->get(), 0600) != 0 && errno != EPERM) fail();
  return fd_->get();
}

void OutputFile::fail() const { throw std::runtime_error(path_ + ": cannot write: " + std::strerror(errno)); }

void OutputFile::append(Bytes bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail();
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    written_ += static_cast<std::uint64_t>(n);
  }
}

void OutputFile::append_zeros(std::uint64_t count) {
  static constexpr std::array<std::byte, 65536> zeros{};
  for (; count != 0; count -= std::min<std::uint64_t>(count, zeros.size()))
    append(Bytes(zeros).first(static_cast<std::size_t>(std::min<std::uint64_t>(count, zeros.size()))));
}

void OutputFile::skip(std::uint64_t count) {
  if (::lseek(fd(), static_cast<off_t>(count), SEEK_CUR) < 0) fail();
}

void OutputFile::write_at(std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail();
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
    written_ += static_cast<std::uint64_t>(n);
  }
}

void OutputFile::read_at(std::uint64_t offset, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto n = ::pread(fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail();
    if (n == 0) break;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  std::fill(bytes.begin(), bytes.end(), std::byte{});
}

void OutputFile::resize(std::uint64_t size) {
  if (::ftruncate(fd(), static_cast<off_t>(size)) != 0) fail();
}

}  // namespace mig::replay
