// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

#include "mig/fields.hpp"

namespace mig {

/// The fields of an event by name, as in `fields` of docs/log-schema.md: what people write in hexadecimal is
/// a string like "0x3000", texts are printable ASCII, flags are true, other numbers are numbers.
[[nodiscard]] boost::json::object fields_json(const Event& event, const StreamTables& tables,
                                              const boost::json::storage_ptr& memory = {});

}  // namespace mig
