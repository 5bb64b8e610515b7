// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

/// Registers the dissectors: on TCP by heuristic and by Decode As, inside TLS, and for the end of
/// connections.
void register_dissectors();

}  // namespace mig::plugin
