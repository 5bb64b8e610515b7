// SPDX-License-Identifier: GPL-2.0-or-later
// What exports.cpp needs of the module that it is linked into.
#pragma once

namespace mig::plugin {

/// Protocol, fields, dissectors, taps.
void register_protocol();
/// Where they are called from.
void hand_off();

}  // namespace mig::plugin
