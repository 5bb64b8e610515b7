// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "replay/input/streams/stream_file.hpp"

namespace mig::replay {

[[nodiscard]] bool is_qcow2(const std::string& first_bytes) noexcept;

/// The VM states that `savevm` or `snapshot-save` left in an image, in the order of its snapshot table; only
/// that of `snapshot` (its name or id) unless it is empty. Throws as open_streams() does: also where the
/// image has no snapshot with a VM state, or is encrypted.
[[nodiscard]] std::vector<StreamFile> open_qcow2(CompressedFile& file, const std::string& path,
                                                 const std::string& snapshot);

}  // namespace mig::replay
