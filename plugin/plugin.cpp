// SPDX-License-Identifier: GPL-2.0-or-later
// All that this plugin brings.
#include "plugin/exports.hpp"
#include "plugin/view/conversation.hpp"
#include "plugin/view/dissect.hpp"
#include "plugin/view/fields.hpp"
#include "plugin/view/preferences.hpp"
#include "plugin/view/session.hpp"
#include "plugin/view/taps.hpp"

namespace mig::plugin {

void register_protocol() {
  set_protocol(proto_register_protocol("QEMU Live Migration", "QEMU-MIG", "qemumig"));
  register_fields(protocol());
  register_preferences(protocol());
  register_dissectors();
  register_taps(protocol());
  register_conversation();
  register_cleanup_routine(forget_capture);
}

}  // namespace mig::plugin
