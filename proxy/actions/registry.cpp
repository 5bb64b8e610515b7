// SPDX-License-Identifier: GPL-2.0-or-later
// The actions that there are: one that is not listed here is not known.
#include <algorithm>
#include <array>

#include "proxy/rules/action.hpp"

namespace mig::proxy {

extern const Action drop_action, hold_action, delay_action, duplicate_action, flip_action, set_action,
    truncate_action, inject_action, close_action, reset_action, half_close_action, absorb_action,
    blackhole_action, throttle_action, stall_action;

namespace {

constexpr std::array all{&drop_action,      &hold_action,     &delay_action,      &duplicate_action,
                         &flip_action,      &set_action,      &truncate_action,   &inject_action,
                         &close_action,     &reset_action,    &half_close_action, &absorb_action,
                         &blackhole_action, &throttle_action, &stall_action};

}  // namespace

std::span<const Action* const> actions() noexcept { return all; }

const Action* find_action(std::string_view word) noexcept {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Action* action) { return action->word == word; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace mig::proxy
