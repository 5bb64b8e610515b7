// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string_view>

namespace mig {

/// How the description of an interface ends (pcapng's if_description) in a recording that migproxy made with
/// --record-pages=no. Packets are cut there on purpose, each where a page's contents begin.
inline constexpr std::string_view pages_not_recorded = "page contents are not recorded";

}  // namespace mig
