// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace mig::replay {

/// Gives root up for good, once the interface is open: packets of strangers are parsed without it. Under sudo
/// this process becomes the user who called it; else nobody, or with `keep_without_sudo` stays what it is, so
/// that it can write files where only root can. Does nothing without root. Throws std::runtime_error where
/// the system refuses.
void drop_privileges(bool keep_without_sudo);

}  // namespace mig::replay
