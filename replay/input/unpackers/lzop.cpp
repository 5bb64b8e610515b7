// SPDX-License-Identifier: GPL-2.0-or-later
// The container that lzop writes: a header, then blocks with their lengths and checksums. All numbers are big
// endian. Source of the layout: lzop 1.04.
#include <lzo/lzo1x.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "mig/bytes.hpp"
#include "replay/input/unpacker.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t magic_size = 9;
constexpr std::uint32_t max_block = 64U << 20;  // lzop's own limit
enum Flag : std::uint32_t {
  adler32_of_unpacked = 0x1,
  adler32_of_packed = 0x2,
  extra_field = 0x40,
  crc32_of_unpacked = 0x100,
  crc32_of_packed = 0x200,
  filtered = 0x800,
};

std::uint32_t adler32_of(Bytes bytes) {
  return static_cast<std::uint32_t>(adler32_z(1, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}
std::uint32_t crc32_of(Bytes bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

class Lzop final : public Unpacker {
 public:
  using Unpacker::Unpacker;

 private:
  ssize_t read(char* out, std::size_t size) override {
    while (given_ == unpacked_.size()) {
      if (!in_member_ && !input->more()) return 0;
      if (!(in_member_ ? block() : header())) return input->more() ? damaged() : cut_short();
    }
    const auto n = std::min(size, unpacked_.size() - given_);
    std::memcpy(out, unpacked_.data() + given_, n);
    given_ += n;
    return static_cast<ssize_t>(n);
  }

  std::optional<std::uint32_t> number(std::size_t size) {
    if (!input->fill(size)) {
      input->take(input->left());
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | input->front()[i];
    input->take(size);
    return value;
  }
  bool skip(std::size_t size) {
    for (; size != 0; --size) {
      if (!number(1)) return false;
    }
    return true;
  }

  bool header() {
    if (!input->fill(magic_size) || packing_of(*input) == nullptr || packing_of(*input)->open != open_lzop)
      return false;
    input->take(magic_size);
    const auto version = number(2);
    const bool is_new = version && *version >= 0x0940;
    if (!version || !skip(is_new ? 2 + 2 + 1 + 1 : 2 + 1)) return false;  // versions, method, level
    const auto flags = number(4);
    if (!flags || (*flags & filtered) != 0 || !skip(is_new ? 12 : 8)) return false;  // mode, time
    const auto name = number(1);
    if (!name || !skip(*name + 4)) return false;  // and the header's checksum
    if ((*flags & extra_field) != 0) {
      const auto extra = number(4);
      if (!extra || *extra > max_block || !skip(*extra + 4)) return false;
    }
    flags_ = *flags;
    in_member_ = true;
    return true;
  }

  /// One block into unpacked_; its length 0 ends the member.
  bool block() {
    unpacked_.clear();
    given_ = 0;
    const auto size = number(4);
    if (!size || *size > max_block) return false;
    if (*size == 0) {
      in_member_ = false;
      return true;
    }
    const auto packed = number(4);
    if (!packed || *packed > *size) return false;
    std::optional<std::uint32_t> adler, crc;
    if ((flags_ & adler32_of_unpacked) != 0 && !(adler = number(4))) return false;
    if ((flags_ & crc32_of_unpacked) != 0 && !(crc = number(4))) return false;
    const bool stored = *packed == *size;
    const auto of_packed = flags_ & (adler32_of_packed | crc32_of_packed);
    if (!stored && !skip(of_packed == 0 ? 0 : of_packed == (adler32_of_packed | crc32_of_packed) ? 8 : 4))
      return false;
    return take_packed(*packed) && unpack(*size, stored) && (!adler || *adler == adler32_of(unpacked_)) &&
           (!crc || *crc == crc32_of(unpacked_));
  }
  bool take_packed(std::size_t size) {
    packed_.clear();
    packed_.reserve(size);
    while (packed_.size() < size) {
      if (!input->more()) return false;
      const auto n = std::min(size - packed_.size(), input->left());
      const auto* from = reinterpret_cast<const std::byte*>(input->front());
      packed_.insert(packed_.end(), from, from + n);
      input->take(n);
    }
    return true;
  }
  bool unpack(std::size_t size, bool stored) {
    if (stored) {
      unpacked_.swap(packed_);
      return true;
    }
    unpacked_.resize(size);
    lzo_uint made = size;
    const int result =
        lzo1x_decompress_safe(reinterpret_cast<const unsigned char*>(packed_.data()), packed_.size(),
                              reinterpret_cast<unsigned char*>(unpacked_.data()), &made, nullptr);
    return result == LZO_E_OK && made == size;
  }

  std::vector<std::byte> packed_, unpacked_;
  std::size_t given_ = 0;
  std::uint32_t flags_ = 0;
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> open_lzop(std::unique_ptr<RawInput> input) {
  return std::make_unique<Lzop>(std::move(input));
}

}  // namespace mig::replay
