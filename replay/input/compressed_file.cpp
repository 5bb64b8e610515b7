// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/compressed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "replay/input/unpacker.hpp"

namespace mig::replay {

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

class DescriptorSource final : public ByteSource {
 public:
  explicit DescriptorSource(Descriptor fd) : fd_(std::move(fd)) {}
  ssize_t read(void* out, std::size_t size) override { return ::read(fd_.get(), out, size); }
  [[nodiscard]] Descriptor& descriptor() { return fd_; }

 private:
  Descriptor fd_;
};

/// What is left of an open file.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(CompressedFile file) : packed_(std::move(file)) {}
  ssize_t read(void* out, std::size_t size) override {
    const auto n = std::fread(out, 1, size, packed_.file.get());
    return n == 0 && std::ferror(packed_.file.get()) != 0 ? -1 : static_cast<ssize_t>(n);
  }

 private:
  CompressedFile packed_;
};

/// A file from an offset on, wherever others read it.
class OffsetSource final : public ByteSource {
 public:
  OffsetSource(Descriptor fd, std::uint64_t begin) : fd_(std::move(fd)), at_(begin) {}
  ssize_t read(void* out, std::size_t size) override {
    const auto n = ::pread(fd_.get(), out, size, static_cast<off_t>(at_));
    if (n > 0) at_ += static_cast<std::uint64_t>(n);
    return n;
  }

 private:
  Descriptor fd_;
  std::uint64_t at_;
};

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

std::unique_ptr<Unpacker> unpacker_for(std::unique_ptr<RawInput> input, const Packing* packing) {
  return packing != nullptr ? packing->open(std::move(input)) : open_plain(std::move(input));
}

std::unique_ptr<StdioBuffer> set_buffer(FILE* file) {
  auto buffer = std::make_unique_for_overwrite<StdioBuffer>();
  std::setvbuf(file, reinterpret_cast<char*>(buffer->bytes.data()), _IOFBF, buffer->bytes.size());
  return buffer;
}

}  // namespace

CompressedFile open_packed(const std::string& path) {
  auto fd = open_raw(path);
  const auto begin = std::max<off_t>(0, ::lseek(fd.get(), 0, SEEK_CUR));
  const auto number = fd.get();
  auto source = std::make_unique<DescriptorSource>(std::move(fd));
  auto& descriptor = source->descriptor();
  auto input = std::make_unique<RawInput>(std::move(source));
  ReadPosition position(number, input->count());
  const auto* packing = packing_of(*input);
  auto unpacker = unpacker_for(std::move(input), packing);
  auto first = unpacker->look_ahead();
  auto damage = unpacker->damage();
  File file(nullptr, std::fclose);
  if (packing == nullptr) file = directly(descriptor, begin);
  if (!file) file = through(std::move(unpacker), path);
  auto buffer = set_buffer(file.get());
  return {std::move(buffer),   std::move(file),   std::move(first),
          std::move(position), std::move(damage), packing != nullptr};
}

CompressedFile unpack(std::unique_ptr<ByteSource> source, std::uint64_t begin, const std::string& path) {
  auto input = std::make_unique<RawInput>(std::move(source), begin);
  const auto* packing = packing_of(*input);
  auto unpacker = unpacker_for(std::move(input), packing);
  auto first = unpacker->look_ahead();
  auto damage = unpacker->damage();
  auto file = through(std::move(unpacker), path);
  auto buffer = set_buffer(file.get());
  return {std::move(buffer), std::move(file), std::move(first), {}, std::move(damage), packing != nullptr};
}

CompressedFile unpack_rest(CompressedFile outer, std::uint64_t begin, const std::string& path) {
  return unpack(std::make_unique<FileSource>(std::move(outer)), begin, path);
}

CompressedFile unpack_from(Descriptor file, std::uint64_t begin, const std::string& path) {
  return unpack(std::make_unique<OffsetSource>(std::move(file), begin), begin, path);
}

Descriptor random_access(CompressedFile& file, const std::string& path) {
  const int own = ::fileno(file.file.get());
  struct stat about {};
  if (own >= 0 && ::fstat(own, &about) == 0 && S_ISREG(about.st_mode)) return Descriptor(::dup(own));
  const File copy(std::tmpfile(), std::fclose);
  if (!copy) fail(path + ": a temporary copy", errno);
  std::vector<char> piece(1U << 16);
  for (std::size_t n = 0; (n = std::fread(piece.data(), 1, piece.size(), file.file.get())) > 0;) {
    const bool zeros = piece.front() == 0 && std::memcmp(piece.data(), piece.data() + 1, n - 1) == 0;
    const bool fine = zeros ? std::fseek(copy.get(), static_cast<long>(n), SEEK_CUR) == 0
                            : std::fwrite(piece.data(), 1, n, copy.get()) == n;
    if (!fine) fail(path + ": a temporary copy", errno);
  }
  const auto size = std::ftell(copy.get());
  if (std::fflush(copy.get()) != 0 || ::ftruncate(::fileno(copy.get()), size) != 0)
    fail(path + ": a temporary copy", errno);
  return Descriptor(::dup(::fileno(copy.get())));
}

}  // namespace mig::replay
