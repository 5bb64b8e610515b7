// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as text, for pages that carry files.
#pragma once

#include <string>
#include <string_view>

namespace mig::validate {

[[nodiscard]] std::string gzipped(std::string_view data);
[[nodiscard]] std::string base64(std::string_view data);

}  // namespace mig::validate
