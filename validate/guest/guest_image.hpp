// SPDX-License-Identifier: GPL-2.0-or-later
// The test guest's boot image (guest/guest.S) and the parameters patched into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace mig::validate {

/// Layout version 2, at 0x200 of the image, little endian, in this order after "MIGGUEST" and the version.
struct GuestParameters {
  std::uint32_t begin = 0x00100000;      ///< first byte of the range it verifies
  std::uint32_t end = 0x01100000;        ///< first byte behind it
  std::uint32_t dirty_end = 0x01100000;  ///< it dirties the range up to here: all of it is busy
  std::uint32_t pages_per_interrupt =
      512;  ///< its rate, with 18.2 interrupts a second; 0: as fast as it goes
  std::uint32_t keep_tlb = 0;               ///< not 0: it does not work around what TCG does to dirty pages
};

/// The image as assembled; lives as long as the program.
[[nodiscard]] std::span<const std::byte> guest_image();

/// A copy with `parameters` in place.
[[nodiscard]] std::vector<std::byte> guest_image(const GuestParameters& parameters);

/// Writes that copy to a file. Throws CouldNotRun.
void write_guest_image(const std::filesystem::path& path, const GuestParameters& parameters);

}  // namespace mig::validate
