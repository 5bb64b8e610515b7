// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/packed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "replay/input/unpacker.hpp"

namespace mig::replay {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

ReadPosition::ReadPosition(int fd, std::shared_ptr<const std::uint64_t> piped)
    : fd_(::dup(fd)), piped_(std::move(piped)) {
  struct stat about {};
  if (::fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) size_ = static_cast<std::uint64_t>(about.st_size);
}

std::uint64_t ReadPosition::read() const noexcept {
  const auto at = ::lseek(fd_.get(), 0, SEEK_CUR);
  if (at >= 0) return static_cast<std::uint64_t>(at);
  return piped_ ? *piped_ : 0;
}

namespace {

[[noreturn]] void fail(const std::string& path, int reason) {
  throw std::runtime_error(path + ": " + std::strerror(reason));
}

ssize_t read_cookie(void* cookie, char* out, std::size_t size) {
  return static_cast<Unpacker*>(cookie)->read_on(out, size);
}
int close_cookie(void* cookie) {
  delete static_cast<Unpacker*>(cookie);  // NOLINT: the C library hands it back as void*
  return 0;
}

Descriptor open_raw(const std::string& path) {
  Descriptor fd(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail(path, errno);
  struct stat about {};
  if (::fstat(fd.get(), &about) == 0 && S_ISDIR(about.st_mode)) fail(path, EISDIR);
  return fd;
}

File through(std::unique_ptr<Unpacker> unpacker, const std::string& path) {
  File file(fopencookie(unpacker.get(), "r", {read_cookie, nullptr, nullptr, close_cookie}), std::fclose);
  if (!file) fail(path, errno);
  static_cast<void>(unpacker.release());  // now the file's
  return file;
}

/// A plain file is read without a detour. nullptr for a pipe.
File directly(Descriptor& fd, off_t begin) {
  if (::lseek(fd.get(), begin, SEEK_SET) != begin) return {nullptr, std::fclose};
  File file(::fdopen(fd.get(), "rb"), std::fclose);
  if (file) static_cast<void>(fd.release());
  return file;
}

}  // namespace

PackedFile open_packed(const std::string& path) {
  auto fd = open_raw(path);
  const auto begin = std::max<off_t>(0, ::lseek(fd.get(), 0, SEEK_CUR));
  const auto number = fd.get();
  auto input = std::make_unique<RawInput>(std::move(fd));
  ReadPosition position(number, input->count());
  input->fill(4);
  const bool packed = input->starts_with({0x28, 0xb5, 0x2f, 0xfd}) || input->starts_with({0x1f, 0x8b});
  auto& raw = *input;
  auto unpacker = unpacker_for(std::move(input));
  auto first = unpacker->look_ahead();
  auto damage = unpacker->damage();
  File file(nullptr, std::fclose);
  if (!packed) file = directly(raw.descriptor(), begin);
  if (!file) file = through(std::move(unpacker), path);
  auto buffer = std::make_unique_for_overwrite<StdioBuffer>();
  std::setvbuf(file.get(), reinterpret_cast<char*>(buffer->bytes.data()), _IOFBF, buffer->bytes.size());
  return {std::move(buffer), std::move(file), std::move(first), std::move(position), std::move(damage)};
}

}  // namespace mig::replay
