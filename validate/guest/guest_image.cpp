// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/guest/guest_image.hpp"

#include <array>
#include <cassert>
#include <cstring>
#include <fstream>
#include <string_view>

#include "validate/base/errors.hpp"

extern "C" {
extern const std::byte mig_guest_image_begin[];  // guest/image_data.S
extern const std::byte mig_guest_image_end[];
}

namespace mig::validate {
namespace {

constexpr std::size_t parameters_at = 0x200;
constexpr std::string_view magic = "MIGGUEST";
constexpr std::uint32_t layout_version = 2;

}  // namespace

std::span<const std::byte> guest_image() { return {mig_guest_image_begin, mig_guest_image_end}; }

std::vector<std::byte> guest_image(const GuestParameters& parameters) {
  const auto original = guest_image();
  std::vector<std::byte> image(original.begin(), original.end());
  assert(std::memcmp(&image.at(parameters_at), magic.data(), magic.size()) == 0);
  const std::array<std::uint32_t, 6> words{layout_version,
                                           parameters.begin,
                                           parameters.end,
                                           parameters.dirty_end,
                                           parameters.pages_per_interrupt,
                                           parameters.keep_tlb};
  auto* out = &image.at(parameters_at + magic.size());
  for (const auto word : words)
    for (unsigned shift = 0; shift < 32; shift += 8) *out++ = static_cast<std::byte>(word >> shift);
  return image;
}

void write_guest_image(const std::filesystem::path& path, const GuestParameters& parameters) {
  const auto image = guest_image(parameters);
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  if (!out.flush())
    throw CouldNotRun("cannot write " + path.string() + ": free some space or choose another folder");
}

}  // namespace mig::validate
