// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/packed_file.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace mig::replay {
namespace {

/// What is read from the file: a first piece that told the format, then the rest.
class Input {
 public:
  explicit Input(File file) : file_(std::move(file)) { size_ = std::fread(bytes_.data(), 1, 4, file_.get()); }
  [[nodiscard]] bool starts_with(std::initializer_list<int> magic) const {
    return size_ >= magic.size() &&
           std::equal(magic.begin(), magic.end(), bytes_.begin(),
                      [](int m, unsigned char b) { return m == static_cast<int>(b); });
  }
  /// More bytes; false at the end.
  bool more() {
    if (at_ < size_) return true;
    size_ = std::fread(bytes_.data(), 1, bytes_.size(), file_.get());
    at_ = 0;
    return size_ != 0;
  }
  [[nodiscard]] unsigned char* front() { return bytes_.data() + at_; }
  [[nodiscard]] std::size_t left() const { return size_ - at_; }
  void take(std::size_t n) { at_ += n; }

 private:
  File file_;
  std::array<unsigned char, 1U << 17> bytes_{};
  std::size_t size_ = 0, at_ = 0;
};

/// Unpacked bytes on demand. Reading returns -1 where the packed data is damaged.
class Unpacker {
 public:
  explicit Unpacker(std::unique_ptr<Input> from) : input(std::move(from)) {}
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;
  virtual ssize_t read(char* out, std::size_t size) = 0;

  /// The first bytes, kept to be read again.
  const std::string& look_ahead() {
    std::array<char, 8> bytes{};
    for (ssize_t n = 0;
         ahead_.size() < bytes.size() && (n = read(bytes.data(), bytes.size() - ahead_.size())) > 0;) {
      ahead_.append(bytes.data(), static_cast<std::size_t>(n));
    }
    return ahead_;
  }
  ssize_t read_on(char* out, std::size_t size) {
    if (given_ == ahead_.size()) return read(out, size);
    const auto n = ahead_.copy(out, size, given_);
    given_ += n;
    return static_cast<ssize_t>(n);
  }

 protected:
  std::unique_ptr<Input> input;

 private:
  std::string ahead_;
  std::size_t given_ = 0;
};

class Plain final : public Unpacker {
 public:
  using Unpacker::Unpacker;
  ssize_t read(char* out, std::size_t size) override {
    if (!input->more()) return 0;
    const auto n = std::min(size, input->left());
    std::memcpy(out, input->front(), n);
    input->take(n);
    return static_cast<ssize_t>(n);
  }
};

class Zstd final : public Unpacker {
 public:
  explicit Zstd(std::unique_ptr<Input> in)
      : Unpacker(std::move(in)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {}
  ssize_t read(char* out, std::size_t size) override {
    ZSTD_outBuffer to{out, size, 0};
    while (to.pos == 0) {
      if (!input->more()) return 0;
      ZSTD_inBuffer from{input->front(), input->left(), 0};
      if (ZSTD_isError(ZSTD_decompressStream(stream_.get(), &to, &from)) != 0) return errno = EILSEQ, -1;
      input->take(from.pos);
    }
    return static_cast<ssize_t>(to.pos);
  }

 private:
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
};

class Gzip final : public Unpacker {
 public:
  explicit Gzip(std::unique_ptr<Input> in) : Unpacker(std::move(in)) { inflateInit2(&stream_, 15 + 16); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { inflateEnd(&stream_); }
  ssize_t read(char* out, std::size_t size) override {
    stream_.next_out = reinterpret_cast<unsigned char*>(out);
    stream_.avail_out = static_cast<unsigned>(size);
    while (stream_.avail_out == size) {
      if (!input->more()) return 0;
      stream_.next_in = input->front();
      stream_.avail_in = static_cast<unsigned>(input->left());
      const auto before = stream_.avail_in;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      input->take(before - stream_.avail_in);
      if (result == Z_STREAM_END) {
        inflateReset(&stream_);  // another member may follow
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return errno = EILSEQ, -1;
      }
    }
    return static_cast<ssize_t>(size - stream_.avail_out);
  }

 private:
  z_stream stream_{};
};

ssize_t read_cookie(void* cookie, char* out, std::size_t size) {
  return static_cast<Unpacker*>(cookie)->read_on(out, size);
}
int close_cookie(void* cookie) {
  delete static_cast<Unpacker*>(cookie);  // NOLINT: the C library hands it back as void*
  return 0;
}

}  // namespace

PackedFile open_packed(const std::string& path) {
  File raw(path == "-" ? stdin : std::fopen(path.c_str(), "rb"), std::fclose);
  if (!raw) throw std::runtime_error(path + ": " + std::strerror(errno));
  auto input = std::make_unique<Input>(std::move(raw));
  std::unique_ptr<Unpacker> unpacker;
  if (input->starts_with({0x28, 0xb5, 0x2f, 0xfd})) {
    unpacker = std::make_unique<Zstd>(std::move(input));
  } else if (input->starts_with({0x1f, 0x8b})) {
    unpacker = std::make_unique<Gzip>(std::move(input));
  } else {
    unpacker = std::make_unique<Plain>(std::move(input));
  }
  auto first = unpacker->look_ahead();
  File file(fopencookie(unpacker.get(), "r", {read_cookie, nullptr, nullptr, close_cookie}), std::fclose);
  if (!file) throw std::runtime_error(path + ": " + std::strerror(errno));
  static_cast<void>(unpacker.release());  // now the file's
  std::setvbuf(file.get(), nullptr, _IOFBF, 1U << 18);
  return {std::move(file), std::move(first)};
}

}  // namespace mig::replay
