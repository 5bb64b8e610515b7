// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {

extern constinit const Action delay_action{
    .word = "delay",
    .help = "the whole direction waits before the unit",
    .on = trait::in_stream,
    .keys = waiting_keys,
    .needs = "for=1s",
    .decision = Decision::delayed,
    .needs_wait = true,
    .halts = true,
    .act =
        [](Acting& acting) {
          for (const auto& step : acting.host.wait_steps(acting.index)) acting.host.step(step);
        },
};

}  // namespace mig::proxy
