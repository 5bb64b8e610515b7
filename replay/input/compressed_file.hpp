// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "common/descriptor.hpp"
#include "common/page_aligned.hpp"

namespace mig::replay {

/// Owns a FILE opened for reading.
using File = std::unique_ptr<FILE, int (*)(FILE*)>;

/// Large enough that small packets cost few calls, small enough to stay in the cache.
using StdioBuffer = PageAligned<1U << 17>;

/// How far a file was read, as it lies on the disk.
class ReadPosition {
 public:
  ReadPosition() = default;
  /// A pipe has no size and no offset: `piped` counts what was read from it.
  ReadPosition(int fd, std::shared_ptr<const std::uint64_t> piped);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  ///< 0: not known
  [[nodiscard]] std::uint64_t read() const noexcept;

 private:
  Descriptor fd_;  // a duplicate: it shares the offset
  std::shared_ptr<const std::uint64_t> piped_;
  std::uint64_t size_ = 0;
};

/// An open file and its first bytes (at most 16), which are still to be read.
struct CompressedFile {
  std::unique_ptr<StdioBuffer> buffer;  ///< of `file`, and kept as long; setvbuf() alone takes no size
  File file{nullptr, std::fclose};
  std::string first;
  ReadPosition position;
  std::shared_ptr<const std::string>
      damage;           ///< why its compressed data could not be read on; empty: it could
  bool packed = false;  ///< it is compressed
};

/// Opens a file, or standard input for "-", and unpacks what is compressed (gzip, zstd, xz, bzip2, lzop) on
/// the way; which it is, its first bytes say. What a pipe delivers is passed on as it comes. Throws
/// std::runtime_error that names the file and the reason.
[[nodiscard]] CompressedFile open_packed(const std::string& path);

class ByteSource;
/// What comes from `source` as a file, unpacked if it is compressed. Offsets in messages count from `begin`.
[[nodiscard]] CompressedFile unpack(std::unique_ptr<ByteSource> source, std::uint64_t begin,
                                    const std::string& path);
/// The same for the rest of an open file, of which `begin` bytes were read.
[[nodiscard]] CompressedFile unpack_rest(CompressedFile outer, std::uint64_t begin, const std::string& path);
/// The same from an offset of a file on.
[[nodiscard]] CompressedFile unpack_from(Descriptor file, std::uint64_t begin, const std::string& path);
/// A descriptor of the file that can be read at any offset: its own, or of a temporary copy without a name.
[[nodiscard]] Descriptor random_access(CompressedFile& file, const std::string& path);

}  // namespace mig::replay
