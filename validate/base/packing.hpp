// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as text, for pages that carry files.
#pragma once

#include <string>
#include <string_view>

namespace mig::validate {

/// What a browser unpacks by itself.
[[nodiscard]] std::string gzipped(std::string_view data);
/// What Wireshark and migreplay read: a third of gzip for a recording, whose two legs say the same.
[[nodiscard]] std::string zstd_packed(std::string_view data);
[[nodiscard]] std::string base64(std::string_view data);
/// What base64() made of them.
[[nodiscard]] std::string from_base64(std::string_view text);

}  // namespace mig::validate
