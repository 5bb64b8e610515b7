// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>
#include <string>

namespace mig::replay {

/// One self-contained HTML page that shows `report`: {"generator", "file", "migrations": [...]}; see
/// report_data.hpp.
[[nodiscard]] std::string report_page(const boost::json::object& report);

}  // namespace mig::replay
