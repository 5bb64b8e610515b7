// SPDX-License-Identifier: GPL-2.0-or-later
// The files a host of ours needs before its daemon starts: accounts, configuration, the supervisor.
#pragma once

#include <filesystem>
#include <string>

namespace mig::validate::libvirt {

/// The name of the one domain that is migrated.
inline constexpr const char* domain_name = "migwire";

/// Makes `folder` with all of it. Throws CouldNotRun when it cannot be written.
void write_host_files(const std::filesystem::path& folder, const std::string& host_name);

}  // namespace mig::validate::libvirt
