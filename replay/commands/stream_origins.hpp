// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "replay/input/streams/stream_file.hpp"

namespace mig::replay {

/// A block of lines for each stream that is not simply the file: where it is, and what the file says of it.
[[nodiscard]] std::string origins_text(const std::vector<StreamOrigin>& origins);
/// Of a snapshot " (snapshot NAME)", for lines that name the file; `migration` from 0.
[[nodiscard]] std::string snapshot_name(const std::vector<StreamOrigin>& origins, std::size_t migration);
[[nodiscard]] boost::json::array to_json(const std::vector<StreamOrigin>& origins);

}  // namespace mig::replay
