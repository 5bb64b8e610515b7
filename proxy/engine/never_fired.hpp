// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "proxy/engine/rule_book.hpp"

namespace mig::proxy {

/// Why a rule has not fired: "5 pongs passed, none with value=0x42", "no shut was seen". Empty if it has, or
/// if what it found was taken away or could not be changed, which was reported then.
[[nodiscard]] std::string why_never_fired(const RuleBook& book, RuleIndex index);

}  // namespace mig::proxy
