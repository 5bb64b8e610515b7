// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace mig::proxy {

/// `migproxy rehearse ...`; the arguments begin with "rehearse". Returns the exit status: 0 it would migrate,
/// 1 it would not or was not tried, 2 wrong usage.
[[nodiscard]] int rehearse_command(int argc, char** argv);

}  // namespace mig::proxy
