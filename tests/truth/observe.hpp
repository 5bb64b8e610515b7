// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json.hpp>
#include <string>

namespace mig::test {

[[nodiscard]] inline std::string sample(const std::string& name) { return MIG_SAMPLES "/" + name; }

/// `migreplay summary --json` of one capture or stream file. Fails the test when events do not tile every
/// direction, or when more than a header is held. `chunk` cuts what is fed; 0: as it came.
[[nodiscard]] boost::json::object observe(const std::string& path, std::size_t chunk = 0);

}  // namespace mig::test
