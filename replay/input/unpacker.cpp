// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/unpacker.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace mig::replay {

ssize_t RawInput::read_some(std::size_t at) {
  ssize_t n = 0;
  do {
    n = source_->read(bytes_.data() + at, bytes_.size() - at);
  } while (n < 0 && errno == EINTR);
  if (n > 0) *count_ += static_cast<std::uint64_t>(n);
  return n;
}

bool RawInput::fill(std::size_t size) {
  if (at_ + size > bytes_.size()) {
    std::memmove(bytes_.data(), bytes_.data() + at_, left());
    size_ -= at_;
    at_ = 0;
  }
  while (left() < size) {
    const auto n = read_some(size_);
    if (n <= 0) return false;
    size_ += static_cast<std::size_t>(n);
  }
  return true;
}

bool RawInput::more() {
  if (at_ < size_) return true;
  const auto n = read_some(0);
  at_ = 0;
  size_ = n > 0 ? static_cast<std::size_t>(n) : 0;
  return size_ != 0;
}

const std::string& Unpacker::look_ahead() {
  std::array<char, 16> bytes{};
  for (ssize_t n = 0;
       ahead_.size() < bytes.size() && (n = read_bounded(bytes.data(), bytes.size() - ahead_.size())) > 0;) {
    ahead_.append(bytes.data(), static_cast<std::size_t>(n));
  }
  return ahead_;
}

ssize_t Unpacker::read_on(char* out, std::size_t size) {
  if (given_ == ahead_.size()) return read_bounded(out, size);
  const auto n = ahead_.copy(out, size, given_);
  given_ += n;
  return static_cast<ssize_t>(n);
}

/// A few bytes can claim to be terabytes of zeros.
ssize_t Unpacker::read_bounded(char* out, std::size_t size) {
  if (unpacked_ > std::max(always_unpacked, *input->count() * max_ratio))
    return fail("the compressed data becomes more than " + std::to_string(always_unpacked >> 20) +
                " MiB and " + std::to_string(max_ratio) +
                " times its size (unpack it first, if it is sound)");
  const auto n = read(out, size);
  if (n > 0) unpacked_ += static_cast<std::uint64_t>(n);
  return n;
}

ssize_t Unpacker::cut_short() { return fail("the compressed data is cut short: it ends"); }
ssize_t Unpacker::damaged() { return fail("the compressed data is damaged"); }

ssize_t Unpacker::fail(const std::string& what) {
  if (damage_->empty())
    *damage_ = what + " at offset " + std::to_string(*input->count() - input->left()) + " of the file";
  errno = EILSEQ;
  return -1;
}

namespace {

class Plain final : public Unpacker {
 public:
  using Unpacker::Unpacker;

 private:
  ssize_t read(char* out, std::size_t size) override {
    if (!input->more()) return 0;
    const auto n = std::min(size, input->left());
    std::memcpy(out, input->front(), n);
    input->take(n);
    return static_cast<ssize_t>(n);
  }
};

using namespace std::string_view_literals;

constexpr std::array packings = {
    Packing{"bzip2", "BZh"sv, open_bzip2},
    Packing{"gzip", "\x1f\x8b"sv, open_gzip},
    Packing{"lzop", "\x89LZO\0\r\n\x1a\n"sv, open_lzop},
    Packing{"xz",
            "\xfd"
            "7zXZ\0"sv,
            open_xz},
    Packing{"zstd", "\x28\xb5\x2f\xfd"sv, open_zstd},
};

}  // namespace

const Packing* packing_of(RawInput& input) {
  constexpr std::size_t longest = 9;
  static_cast<void>(input.fill(longest));
  const auto* found = std::find_if(packings.begin(), packings.end(), [&](const Packing& packing) {
    return input.view().starts_with(packing.magic);
  });
  return found == packings.end() ? nullptr : found;
}

std::unique_ptr<Unpacker> open_plain(std::unique_ptr<RawInput> input) {
  return std::make_unique<Plain>(std::move(input));
}

}  // namespace mig::replay
