// SPDX-License-Identifier: GPL-2.0-or-later
// The test guest's boot image (guest/guest.S) and the parameters patched into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace mig::validate {

/// Layout version 1, at 0x200 of the image, little endian, in this order after "MIGGUEST" and the version.
struct GuestParameters {
  std::uint32_t begin = 0x00100000;   ///< first byte of the range it dirties
  std::uint32_t end = 0x06400000;     ///< first byte behind it
  std::uint32_t writes_per_tick = 0;  ///< tick after so many page writes as well; 0: by the timer only
  std::uint32_t writes_per_interrupt =
      4096;           ///< its rate, with 18.2 interrupts a second; 0: as fast as it goes
  bool dirty = true;  ///< false: idle, it only ticks
};

/// The image as assembled; lives as long as the program.
[[nodiscard]] std::span<const std::byte> guest_image();

/// A copy with `parameters` in place.
[[nodiscard]] std::vector<std::byte> guest_image(const GuestParameters& parameters);

/// Writes that copy to a file. Throws CouldNotRun.
void write_guest_image(const std::filesystem::path& path, const GuestParameters& parameters);

}  // namespace mig::validate
