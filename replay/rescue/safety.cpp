// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/safety.hpp"

namespace mig::replay {
namespace {

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

Safety judge_safety(const Facts& f, Statement statement) {
  const bool may_run = f.package_ended && (f.run || !f.known_in_full());  // RUN, seen or not
  const bool devices_loaded = f.pong_devices || f.pong_loaded;
  if (f.shut && f.shut_value == 0)
    return {false, false,
            "the destination reported that it has everything (SHUT 0): there is nothing to rescue",
            "use the destination's guest"};
  // A failure that is reported behind PONG 3 may have come after the guest had started.
  if (f.shut && !devices_loaded)
    return {true, false,
            "the destination reported that it failed (SHUT " + std::to_string(f.shut_value) + ")", ""};
  if (!may_run && !devices_loaded)
    return {true, false, "POSTCOPY_RUN was not delivered: the destination cannot start the guest", ""};
  return devices_loaded ? loaded(statement) : not_loaded(statement);
}

}  // namespace mig::replay
