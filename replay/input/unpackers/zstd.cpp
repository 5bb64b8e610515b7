// SPDX-License-Identifier: GPL-2.0-or-later
#include <zstd.h>

#include "replay/input/unpacker.hpp"

namespace mig::replay {
namespace {

class Zstd final : public Unpacker {
 public:
  explicit Zstd(std::unique_ptr<RawInput> in)
      : Unpacker(std::move(in)), stream_(ZSTD_createDStream(), ZSTD_freeDStream) {}

 private:
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

  bool in_frame_ = false;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
};

}  // namespace

std::unique_ptr<Unpacker> open_zstd(std::unique_ptr<RawInput> input) {
  return std::make_unique<Zstd>(std::move(input));
}

}  // namespace mig::replay
