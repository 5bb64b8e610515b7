// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace mig {

/// The device section that carries the run state which the loading QEMU enters.
inline constexpr std::string_view run_state_section = "globalstate";
/// Bytes of its payload: be32 size of the text with its final 0, then the text in a buffer of 100 bytes
/// (QEMU: migration/global_state.c).
inline constexpr std::size_t run_state_size = 104;

/// Sets the run state to "paused", so that whoever loads the guest does not run it, whatever its command line
/// says. False: the payload is not of that form, and stays as it was.
[[nodiscard]] bool set_paused(std::span<std::byte> payload) noexcept;

}  // namespace mig
