// SPDX-License-Identifier: GPL-2.0-or-later
// The files a host of ours needs before its daemon starts: accounts, configuration, the supervisor.
#pragma once

#include <filesystem>
#include <string>

namespace mig::validate::libvirt {

/// In the scene, where both hosts see them: the guest's disk, which scenarios lock by this name, and
/// certificates.
inline constexpr const char* disk_name = "shared.img";
inline constexpr const char* pki_folder = "pki";

/// Makes `folder` with all of it. Throws CouldNotRun when it cannot be written.
void write_host_files(const std::filesystem::path& folder, const std::string& host_name);

}  // namespace mig::validate::libvirt
