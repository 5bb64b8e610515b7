// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU block/file-posix.c: byte 100 + p is locked by who has permission p, byte 200 + p by who does not share
// it; docs/qemu-block-drivers has the idea. Permission 0 is to read consistently, 1 to write.
#include "validate/run/disk_lock.hpp"

#include <fcntl.h>

#include <array>

#include "validate/base/errors.hpp"

namespace mig::validate {
namespace {

constexpr off_t has_permission = 100;
constexpr off_t does_not_share = 200;
constexpr off_t read_permission = 0;
constexpr off_t write_permission = 1;

struct flock byte(short type, off_t at) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  return lock;
}

// Each locks for reading and looks whether anybody else does: two do not exclude each other until they look.
bool held_by_other(int fd, off_t at) {
  auto lock = byte(F_WRLCK, at);
  return ::fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace

bool DiskLock::take() {
  UniqueFd fd(::open(image_.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd)
    throw CouldNotRun("cannot open " + image_.string() +
                      " to lock it: does the scenario say shared-disk = true?");
  constexpr std::array<off_t, 3> wanted{has_permission + read_permission, has_permission + write_permission,
                                        does_not_share + write_permission};
  for (const auto at : wanted) {
    auto lock = byte(F_RDLCK, at);
    if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) return false;
  }
  if (held_by_other(fd.get(), has_permission + write_permission)) return false;
  if (held_by_other(fd.get(), does_not_share + write_permission)) return false;
  fd_ = std::move(fd);
  return true;
}

}  // namespace mig::validate
