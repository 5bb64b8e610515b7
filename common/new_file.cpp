// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/new_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace mig {
namespace {

constexpr std::size_t buffered = 1U << 18;

}  // namespace

NewFile::NewFile(std::string path) : path_(std::move(path)) {
  std::error_code none;
  const auto there = std::filesystem::status(path_, none);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there))
    throw std::runtime_error(path_ + ": cannot write: not a regular file");
  auto name = path_ + ".XXXXXX";
  fd_ = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (fd_.get() < 0) fail(errno);
  temporary_ = std::move(name);
}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewFile::fail(int reason) const {
  throw std::runtime_error(path_ + ": cannot write: " + std::strerror(reason));
}

void NewFile::append(Bytes bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  if (buffer_.size() >= buffered) flush();
}

void NewFile::flush() {
  for (Bytes rest = buffer_; !rest.empty();) {
    const auto n = ::write(fd_.get(), rest.data(), rest.size());
    if (n < 0 && errno != EINTR) fail(errno);
    if (n > 0) rest = rest.subspan(static_cast<std::size_t>(n));
  }
  buffer_.clear();
}

void NewFile::sync() {
  flush();
  if (::fsync(fd_.get()) != 0) fail(errno);
}

void NewFile::commit() {
  sync();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  temporary_.clear();
  const auto folder = std::filesystem::absolute(path_).parent_path();
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) fail(errno);
}

}  // namespace mig
