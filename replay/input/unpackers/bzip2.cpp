// SPDX-License-Identifier: GPL-2.0-or-later
#include <bzlib.h>

#include "replay/input/unpacker.hpp"

namespace mig::replay {
namespace {

class Bzip2 final : public Unpacker {
 public:
  using Unpacker::Unpacker;
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;
  ~Bzip2() override {
    if (in_member_) BZ2_bzDecompressEnd(&stream_);
  }

 private:
  ssize_t read(char* out, std::size_t size) override {
    stream_.next_out = out;
    stream_.avail_out = static_cast<unsigned>(size);
    while (stream_.avail_out == size) {
      if (!input->more()) return in_member_ ? cut_short() : 0;
      if (!in_member_ && !begin_member()) return damaged();
      stream_.next_in = reinterpret_cast<char*>(input->front());
      stream_.avail_in = static_cast<unsigned>(input->left());
      const auto before = stream_.avail_in;
      const int result = BZ2_bzDecompress(&stream_);
      input->take(before - stream_.avail_in);
      if (result == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(&stream_);
        in_member_ = false;  // another one may follow
      } else if (result != BZ_OK) {
        return damaged();
      }
    }
    return static_cast<ssize_t>(size - stream_.avail_out);
  }
  bool begin_member() {
    in_member_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
    return in_member_;
  }

  bz_stream stream_{};
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> open_bzip2(std::unique_ptr<RawInput> input) {
  return std::make_unique<Bzip2>(std::move(input));
}

}  // namespace mig::replay
