// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/unpacker.hpp"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace mig::replay {

ssize_t RawInput::read_some(std::size_t at) {
  ssize_t n = 0;
  do {
    n = ::read(fd_.get(), bytes_.data() + at, bytes_.size() - at);
  } while (n < 0 && errno == EINTR);
  if (n > 0) *count_ += static_cast<std::uint64_t>(n);
  return n;
}

void RawInput::fill(std::size_t size) {
  while (size_ < size) {
    const auto n = read_some(size_);
    if (n <= 0) return;
    size_ += static_cast<std::size_t>(n);
  }
}

bool RawInput::starts_with(std::initializer_list<int> magic) const {
  return size_ >= magic.size() && std::equal(magic.begin(), magic.end(), bytes_.begin(),
                                             [](int m, unsigned char b) { return m == static_cast<int>(b); });
}

bool RawInput::more() {
  if (at_ < size_) return true;
  const auto n = read_some(0);
  at_ = 0;
  size_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  return size_ != 0;
}

const std::string& Unpacker::look_ahead() {
  std::array<char, 8> bytes{};
  for (ssize_t n = 0;
       ahead_.size() < bytes.size() && (n = read(bytes.data(), bytes.size() - ahead_.size())) > 0;) {
    ahead_.append(bytes.data(), static_cast<std::size_t>(n));
  }
  return ahead_;
}

ssize_t Unpacker::read_on(char* out, std::size_t size) {
  if (given_ == ahead_.size()) return read(out, size);
  const auto n = ahead_.copy(out, size, given_);
  given_ += n;
  return static_cast<ssize_t>(n);
}

ssize_t Unpacker::cut_short() { return fail("the compressed data is cut short: it ends"); }
ssize_t Unpacker::damaged() { return fail("the compressed data is damaged"); }

ssize_t Unpacker::fail(const std::string& what) {
  *damage_ = what + " at offset " + std::to_string(*input->count() - input->left()) + " of the file";
  errno = EILSEQ;
  return -1;
}

namespace {

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
  explicit Zstd(std::unique_ptr<RawInput> in)
      : Unpacker(std::move(in)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {}
  ssize_t read(char* out, std::size_t size) override {
    ZSTD_outBuffer to{out, size, 0};
    while (to.pos == 0) {
      if (!input->more()) return in_frame_ ? cut_short() : 0;
      ZSTD_inBuffer from{input->front(), input->left(), 0};
      const auto result = ZSTD_decompressStream(stream_.get(), &to, &from);
      if (ZSTD_isError(result) != 0) return damaged();
      in_frame_ = result != 0;
      input->take(from.pos);
    }
    return static_cast<ssize_t>(to.pos);
  }

 private:
  bool in_frame_ = false;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
};

class Gzip final : public Unpacker {
 public:
  explicit Gzip(std::unique_ptr<RawInput> in) : Unpacker(std::move(in)) { inflateInit2(&stream_, 15 + 16); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { inflateEnd(&stream_); }
  ssize_t read(char* out, std::size_t size) override {
    stream_.next_out = reinterpret_cast<unsigned char*>(out);
    stream_.avail_out = static_cast<unsigned>(size);
    while (stream_.avail_out == size) {
      if (!input->more()) return in_member_ ? cut_short() : 0;
      stream_.next_in = input->front();
      stream_.avail_in = static_cast<unsigned>(input->left());
      const auto before = stream_.avail_in;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      input->take(before - stream_.avail_in);
      in_member_ = result != Z_STREAM_END;
      if (result == Z_STREAM_END) {
        inflateReset(&stream_);  // another member may follow
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return damaged();
      }
    }
    return static_cast<ssize_t>(size - stream_.avail_out);
  }

 private:
  z_stream stream_{};
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> unpacker_for(std::unique_ptr<RawInput> input) {
  if (input->starts_with({0x28, 0xb5, 0x2f, 0xfd})) return std::make_unique<Zstd>(std::move(input));
  if (input->starts_with({0x1f, 0x8b})) return std::make_unique<Gzip>(std::move(input));
  return std::make_unique<Plain>(std::move(input));
}

}  // namespace mig::replay
