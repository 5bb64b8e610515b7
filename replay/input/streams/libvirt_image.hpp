// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "replay/input/streams/stream_file.hpp"

namespace mig::replay {

/// By the first bytes of a file: one that `virsh save` or a managed save wrote, whole or in part.
[[nodiscard]] bool is_libvirt_image(const std::string& first_bytes) noexcept;

/// Header, XML, and the stream in whatever compression. Throws as open_streams() does.
[[nodiscard]] StreamFile open_libvirt_image(CompressedFile file, const std::string& path);

}  // namespace mig::replay
