// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/input_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mig::test {

InputFile::InputFile(Bytes bytes)
    : fd_(memfd_create("fuzz", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(fd_)) {
  while (!bytes.empty()) {
    const auto written = ::write(fd_, bytes.data(), bytes.size());
    if (written <= 0) throw std::system_error(errno, std::generic_category(), path_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

InputFile::~InputFile() { ::close(fd_); }

}  // namespace mig::test
