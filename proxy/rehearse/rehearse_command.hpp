// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>

namespace CLI {
class App;
}

namespace mig::proxy {

/// Adds `migproxy rehearse`. What is returned runs it and gives the exit status: 0 it would migrate, 1 it
/// would not, or was not tried; it throws std::invalid_argument for an address that is none.
[[nodiscard]] std::function<int()> add_rehearse(CLI::App& app);

}  // namespace mig::proxy
