// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace mig::plugin {

/// Offers the filter for all channels of one migration.
void register_conversation();

}  // namespace mig::plugin
