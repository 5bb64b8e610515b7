// SPDX-License-Identifier: GPL-2.0-or-later
// Where a scenario is run: the programs, and the folder for all its files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace mig::validate {

/// In the folder of a run: what migproxy carried, both legs.
inline constexpr std::string_view recording_name = "migration.pcapng";

struct RunSetup {
  std::filesystem::path source_qemu;  ///< or migpeer, a scripted peer
  std::filesystem::path destination_qemu;
  std::filesystem::path migproxy;
  std::filesystem::path folder;            ///< existing
  std::optional<std::uint64_t> seed = {};  ///< migproxy's
  std::filesystem::path rescuer = {};      ///< migreplay, for a guest that nobody runs; empty: not tried
  bool record = true;                      ///< migproxy keeps what it carried, as pcapng
};

}  // namespace mig::validate
