// SPDX-License-Identifier: GPL-2.0-or-later
#include <zlib.h>

#include "replay/input/unpacker.hpp"

namespace mig::replay {
namespace {

class Gzip final : public Unpacker {
 public:
  explicit Gzip(std::unique_ptr<RawInput> in) : Unpacker(std::move(in)) { inflateInit2(&stream_, 15 + 16); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { inflateEnd(&stream_); }

 private:
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

  z_stream stream_{};
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> open_gzip(std::unique_ptr<RawInput> input) {
  return std::make_unique<Gzip>(std::move(input));
}

}  // namespace mig::replay
