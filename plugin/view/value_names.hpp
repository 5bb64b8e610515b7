// SPDX-License-Identifier: GPL-2.0-or-later
// Names of values, as Wireshark wants them.
#pragma once
#include "mig/history/qemu_names.hpp"
#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

inline char one_byte[] = " byte";
inline char many_bytes[] = " bytes";
inline unit_name_string unit_bytes = {one_byte, many_bytes};

inline const value_string section_types[] = {
    {1, "START"}, {2, "PART"}, {3, "END"}, {4, "FULL"}, {0, nullptr}};

/// From 1 on, and the end that Wireshark wants.
template <std::size_t N>
constexpr std::array<value_string, N> value_strings(const std::array<std::string_view, N>& names) {
  std::array<value_string, N> out{};
  for (std::size_t i = 1; i < N; ++i) out[i - 1] = {static_cast<std::uint32_t>(i), names[i].data()};
  return out;
}
inline constexpr auto command_types = value_strings(qemu_commands);
inline constexpr auto message_types = value_strings(qemu_messages);

// migration/block.c BLK_MIG_FLAG_*, as they go together
inline const value_string block_flags[] = {
    {1, "DEVICE_BLOCK"}, {2, "EOS"}, {4, "PROGRESS"}, {9, "DEVICE_BLOCK, ZERO_BLOCK"}, {0, nullptr}};

// hw/s390x/s390-stattrib.c STATTR_FLAG_*; s390-skeys.c has the same numbers
inline const value_string s390_flags[] = {{1, "EOS"}, {2, "MORE"}, {4, "ERROR"}, {8, "DONE"}, {0, nullptr}};

// hw/vfio/migration.c VFIO_MIG_FLAG_*
inline const val64_string vfio_tags[] = {
    {0xffffffffef100001, "END_OF_STATE"},       {0xffffffffef100002, "DEV_CONFIG_STATE"},
    {0xffffffffef100003, "DEV_SETUP_STATE"},    {0xffffffffef100004, "DEV_DATA_STATE"},
    {0xffffffffef100005, "DEV_INIT_DATA_SENT"}, {0, nullptr}};

}  // namespace mig::plugin
