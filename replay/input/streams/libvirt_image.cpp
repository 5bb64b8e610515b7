// SPDX-License-Identifier: GPL-2.0-or-later
// Source of the layout: libvirt, src/qemu/qemu_saveimage.h: 16 bytes of magic; u32 version, length of the
// data, was_running, format, offset of the cookie in the data; 14 u32 unused; all in the byte order of the
// host. The data is the domain's XML, a NUL, libvirt's cookie, and room for a longer XML. The stream follows.
#include "replay/input/streams/libvirt_image.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

#include "replay/input/streams/domain_xml.hpp"

namespace mig::replay {
namespace {

constexpr std::string_view saved = "LibvirtQemudSave", partly_saved = "LibvirtQemudPart";
constexpr std::size_t save_header = 92, max_data = 64U << 20;
constexpr std::array formats = {"raw", "gzip", "bzip2", "xz", "lzop", "zstd", "sparse"};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ": a save image of libvirt, but " + why);
}

std::string take(CompressedFile& file, std::size_t size, const std::string& path) {
  std::string out(size, '\0');
  const auto n = std::fread(out.data(), 1, size, file.file.get());
  if (n == size) return out;
  if (!file.damage->empty()) throw std::runtime_error(path + ": " + *file.damage);
  refuse(path, "it is truncated: " + std::to_string(size - n) + " bytes of its header are missing");
}

/// The header's numbers, in whichever byte order makes the version a small number.
class Numbers {
 public:
  explicit Numbers(std::string_view header) : header_(header) { big_ = (*this)[0] > 0xffff; }
  std::uint32_t operator[](std::size_t index) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto byte = static_cast<unsigned char>(header_[saved.size() + 4 * index + (big_ ? i : 3 - i)]);
      value = value << 8 | byte;
    }
    return value;
  }

 private:
  std::string_view header_;
  bool big_ = false;
};

std::string format_name(std::uint32_t format) {
  return format < formats.size() ? formats[format] : "unknown (" + std::to_string(format) + ")";
}

}  // namespace

bool is_libvirt_image(const std::string& first) noexcept {
  return first.starts_with(saved) || first.starts_with(partly_saved);
}

StreamFile open_libvirt_image(CompressedFile file, const std::string& path) {
  const auto header = take(file, save_header, path);
  const Numbers numbers(header);
  const auto version = numbers[0], length = numbers[1], was_running = numbers[2], format = numbers[3];
  if (version == 0 || version > 0xffff) refuse(path, "its version is damaged");
  if (length > max_data) refuse(path, "the length of its XML is damaged: " + std::to_string(length));
  const auto data = take(file, length, path);
  StreamFile out;
  out.origin.kind = "libvirt save image";
  out.origin.begin = save_header + length;
  auto& facts = out.origin.facts;
  facts = {{"version", std::to_string(version)},
           {"format", format_name(format)},
           {"guest", was_running == 1   ? "was running"
                     : was_running == 0 ? "was paused"
                                        : "was shut off"}};
  if (header.starts_with(partly_saved)) facts.emplace_back("state", "libvirt was still writing it");
  describe_domain(std::string_view(data).substr(0, data.find('\0')), out.origin);
  out.outer_damage = file.damage;
  out.file = unpack_rest(std::move(file), out.origin.begin, path);
  out.origin.packed = out.file.packed;
  if (is_stream(out.file.first)) return out;
  for (const auto& damage : {out.outer_damage, out.file.damage}) {
    if (!damage->empty()) refuse(path, *damage);
  }
  refuse(path, "no migration stream follows its header (format " + format_name(format) + ")");
}

}  // namespace mig::replay
