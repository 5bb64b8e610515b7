// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings travel inside the page while they are few. Those of a whole matrix would make a page that no
// browser opens gladly: they stand in a folder beside it.
#pragma once

#include <filesystem>
#include <vector>

#include "validate/matrix/result.hpp"

namespace mig::validate {

constexpr std::size_t most_in_page = std::size_t{24} << 20U;  ///< all recordings together, as base64

/// Where there are more: writes them to "NAME.files/" beside the page "NAME.html" and leaves in the results
/// where they are. Throws CouldNotRun.
void put_recordings_aside(std::vector<CellResult>& results, const std::filesystem::path& page,
                          std::size_t most = most_in_page);

}  // namespace mig::validate
