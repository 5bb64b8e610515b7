// SPDX-License-Identifier: GPL-2.0-or-later
// Conversation Filter > QEMU migration: all channels of the migration that a frame belongs to.
#include "plugin/view/conversation.hpp"

#include "plugin/view/fields.hpp"
#include "plugin/view/session.hpp"

namespace mig::plugin {
namespace {

const MigrationLog* log_of(packet_info* pinfo) {
  const auto* state = state_of(pinfo);
  return state != nullptr && !state->rejected ? state->connection->log() : nullptr;
}
bool belongs_to_a_migration(packet_info* pinfo) { return log_of(pinfo) != nullptr; }
char* filter_of(packet_info* pinfo) {
  const auto* log = log_of(pinfo);
  return log != nullptr ? g_strdup_printf("qemumig.migration == %u", log->number()) : nullptr;
}

}  // namespace

void register_conversation() {
  compat::add_conversation_filter<belongs_to_a_migration, filter_of>("qemumig", "QEMU migration");
}

}  // namespace mig::plugin
