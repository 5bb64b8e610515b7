// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/safety.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace mig::replay {
namespace {

/// The destination answers the PINGs of the package when it has loaded the devices before them.
bool devices_were_loaded(const Migration& m) {
  return std::ranges::any_of(m.pings(),
                             [](const PingState& ping) { return ping.in_package && ping.answered; });
}

Safety loaded(Statement statement) {
  switch (statement) {
    case Statement::destination_never_ran:
      return {true, false, "the operator states that the destination's guest never ran", ""};
    case Statement::accept_rollback:
      return {true, true, "the operator accepts a roll-back: what the guest did on the destination is lost",
              ""};
    case Statement::none:
    case Statement::destination_ended: break;
  }
  return {
      false, false, "the destination had loaded all devices, so its guest may have run",
      "if its guest never ran (it was paused, or its `cont` failed) and its QEMU has ended, say "
      "--destination-never-ran; to go back to the moment of the switchover and lose what the guest did since "
      "then, say --accept-rollback"};
}

Safety not_loaded(Statement statement) {
  if (statement == Statement::none)
    return {false, false,
            "POSTCOPY_RUN was delivered, and nothing shows that the destination failed: it may still start "
            "the guest",
            "end the destination's QEMU first, then say --destination-ended"};
  return {true, statement == Statement::accept_rollback,
          "the operator states that the destination can no longer start the guest", ""};
}

}  // namespace

Safety judge_safety(const Migration& m, Statement statement) {
  if (m.shut() == 0U)
    return {false, false,
            "the destination reported that it has everything (SHUT 0): there is nothing to rescue",
            "use the destination's guest"};
  if (m.shut())
    return {true, false, "the destination reported that it failed (SHUT " + std::to_string(*m.shut()) + ")",
            ""};
  if (!m.destination_may_run())
    return {true, false, "POSTCOPY_RUN was not delivered: the destination cannot start the guest", ""};
  return devices_were_loaded(m) ? loaded(statement) : not_loaded(statement);
}

}  // namespace mig::replay
