// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mig::proxy {

/// A fault as a value: what to match, how often, what to do. Printable back to the text it came from.
struct FaultRule {
  std::string name;  ///< for logs; the rule's text unless name= says otherwise
};

}  // namespace mig::proxy
