// SPDX-License-Identifier: GPL-2.0-or-later
// Observations and judgements as JSON, for machines and bug reports.
#pragma once

#include <boost/json.hpp>

#include "validate/verdict/observations.hpp"
#include "validate/verdict/verdict.hpp"

namespace mig::validate {

[[nodiscard]] boost::json::object to_json(const Observations& seen);
[[nodiscard]] boost::json::object to_json(const Judgement& judgement);

}  // namespace mig::validate
