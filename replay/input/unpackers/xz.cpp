// SPDX-License-Identifier: GPL-2.0-or-later
#include <lzma.h>

#include "replay/input/unpacker.hpp"

namespace mig::replay {
namespace {

class Xz final : public Unpacker {
 public:
  explicit Xz(std::unique_ptr<RawInput> in) : Unpacker(std::move(in)) {
    sound_ = lzma_stream_decoder(&stream_, max_memory, LZMA_CONCATENATED) == LZMA_OK;
  }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;
  ~Xz() override { lzma_end(&stream_); }

 private:
  static constexpr std::uint64_t max_memory = 128ULL << 20;  // xz -9 needs 65 MiB

  ssize_t read(char* out, std::size_t size) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out);
    stream_.avail_out = size;
    while (sound_ && !ended_ && stream_.avail_out == size) {
      const bool more = input->more();
      stream_.next_in = input->front();
      stream_.avail_in = input->left();
      const auto before = stream_.avail_in;
      const auto result = lzma_code(&stream_, more ? LZMA_RUN : LZMA_FINISH);
      input->take(before - stream_.avail_in);
      ended_ = result == LZMA_STREAM_END;
      if (result == LZMA_BUF_ERROR && !more) return cut_short();
      if (result == LZMA_MEMLIMIT_ERROR)
        return fail("the compressed data needs more than 128 MiB of memory to be unpacked");
      if (!ended_ && result != LZMA_OK) return damaged();
    }
    return sound_ ? static_cast<ssize_t>(size - stream_.avail_out) : damaged();
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool sound_ = false, ended_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> open_xz(std::unique_ptr<RawInput> input) {
  return std::make_unique<Xz>(std::move(input));
}

}  // namespace mig::replay
