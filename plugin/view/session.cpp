// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/session.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>

#include "plugin/view/preferences.hpp"

namespace mig::plugin {
namespace {

int protocol_number = -1;

struct File {
  Capture capture;
  std::deque<ConversationState> states;  // conversations hold pointers into it
};
std::unique_ptr<File> file;

}  // namespace

int protocol() noexcept { return protocol_number; }
void set_protocol(int number) noexcept { protocol_number = number; }

void forget_capture() { file.reset(); }
Capture* current_capture() noexcept { return file ? &file->capture : nullptr; }

Host host_of(const address& address) noexcept {
  Host host;
  host.size = static_cast<std::uint8_t>(std::clamp(address.len, 0, 16));
  std::copy_n(static_cast<const std::uint8_t*>(address.data), host.size, host.address.begin());
  return host;
}

ConversationState* state_of(packet_info* pinfo) {
  if (!file) return nullptr;
  auto* conversation = find_conversation_pinfo(pinfo, 0);
  if (conversation == nullptr) return nullptr;
  return static_cast<ConversationState*>(conversation_get_proto_data(conversation, protocol_number));
}

ConversationState& new_state(packet_info* pinfo, bool forward, Joined joined) {
  auto* conversation = find_or_create_conversation(pinfo);
  if (!file) file.reset(new File{Capture(capture_options()), {}});
  auto& state = file->states.emplace_back();
  const auto source = host_of(forward ? pinfo->src : pinfo->dst);
  const auto destination = host_of(forward ? pinfo->dst : pinfo->src);
  state.connection = &file->capture.connect(source, destination, joined);
  state.source = source;
  state.source_port = forward ? pinfo->srcport : pinfo->destport;
  conversation_add_proto_data(conversation, protocol_number, &state);
  return state;
}

Direction direction_of(const ConversationState& state, const packet_info* pinfo) {
  const bool forward = pinfo->srcport == state.source_port && host_of(pinfo->src) == state.source;
  return forward ? Direction::forward : Direction::return_path;
}

bool migrations_known(const packet_info* pinfo) {
  if (!file) return false;
  const auto a = host_of(pinfo->src), b = host_of(pinfo->dst);
  return file->capture.knows(a, b) || file->capture.knows(b, a);
}

}  // namespace mig::plugin
