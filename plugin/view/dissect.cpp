// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/view/dissect.hpp"

#include <algorithm>
#include <array>

#include "mig/wire.hpp"
#include "plugin/exports.hpp"
#include "plugin/view/frame_view.hpp"
#include "plugin/view/preferences.hpp"
#include "plugin/view/session.hpp"
#include "plugin/view/taps.hpp"

namespace mig::plugin {
namespace {

dissector_handle_t tcp_handle, tls_handle;

std::int64_t time_of(const packet_info* pinfo) noexcept {
  return std::int64_t{pinfo->abs_ts.secs} * 1000000000 + pinfo->abs_ts.nsecs;
}

/// Which hand-over of its frame this is.
std::uint16_t next_ordinal(packet_info* pinfo) {
  auto* count = static_cast<std::uint16_t*>(p_get_proto_data(pinfo->pool, pinfo, protocol(), 0));
  if (count == nullptr) {
    count = wmem_new0(pinfo->pool, std::uint16_t);
    p_add_proto_data(pinfo->pool, pinfo, protocol(), 0, count);
  }
  return (*count)++;
}

/// Hands the bytes to the model; first pass only. `tcp` is nullptr inside TLS.
void feed(ConversationState& state, tvbuff_t* tvb, packet_info* pinfo, const tcpinfo* tcp, Visit visit) {
  const auto captured = tvb_captured_length(tvb);
  const auto* data = captured != 0 ? tvb_get_ptr(tvb, 0, static_cast<int>(captured)) : nullptr;
  Connection::Input input;
  input.segment.bytes = std::as_bytes(std::span(data, captured));
  input.segment.size = tvb_reported_length(tvb);
  input.segment.sequence = tcp != nullptr ? tcp->seq : 0;
  input.segment.visit = visit;
  input.time = time_of(pinfo);
  input.positioned = tcp != nullptr;
  state.data_frame = pinfo->num;
  state.connection->feed(direction_of(state, pinfo), input);
}

FrameView view_of(const ConversationState& state, Direction direction, tvbuff_t* tvb, packet_info* pinfo,
                  Visit visit) {
  FrameView view;
  view.pinfo = pinfo;
  view.tvb = tvb;
  view.connection = state.connection;
  view.direction = direction;
  view.visit = visit;
  view.new_events = view.direction_state().feeds.new_events_of(visit);
  return view;
}

void show(const ConversationState& state, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, Visit visit) {
  const auto view = view_of(state, direction_of(state, pinfo), tvb, pinfo, visit);
  write_info(view);
  if (tree != nullptr || expert_infos_wanted()) draw(view, tree);
  notify_taps(view);
}

int dissect(ConversationState& state, tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree,
            const tcpinfo* tcp) {
  const Visit visit{pinfo->num, next_ordinal(pinfo)};
  if (!PINFO_FD_VISITED(pinfo)) feed(state, tvb, pinfo, tcp, visit);
  show(state, tvb, pinfo, tree, visit);
  return static_cast<int>(tvb_captured_length(tvb));
}

/// TCP counts from 1 whether it saw the handshake or not.
bool handshake_seen(packet_info* pinfo) {
  constexpr unsigned syn_sent = 0x01;  // TCP_COMPLETENESS_SYNSENT, which has no public name in 4.4
  const auto* tcp = get_tcp_conversation_data(find_or_create_conversation(pinfo), pinfo);
  return tcp != nullptr && (tcp->conversation_completeness & syn_sent) != 0;
}

/// The user has said that this is a migration (Decode As): data to the port that he named flows forward.
ConversationState& claimed(packet_info* pinfo, bool in_tls) {
  auto* state = state_of(pinfo);
  if (state != nullptr) return *state;
  const auto preferred = preferences().forward_port;
  const auto port = preferred != 0 ? preferred : pinfo->match_uint;
  const bool forward = pinfo->destport == port;
  const bool whole = in_tls || handshake_seen(pinfo);  // Wireshark cannot decrypt from the middle
  return new_state(pinfo, forward, whole ? Joined::at_start : Joined::mid_stream);
}

int dissect_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  return dissect(claimed(pinfo, false), tvb, pinfo, tree, static_cast<const tcpinfo*>(data));
}

int dissect_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  return dissect(claimed(pinfo, true), tvb, pinfo, tree, nullptr);
}

/// The TCP flags of a frame. TCP hands over segments with data only, and says nothing of a FIN or RST, so its
/// header is looked for in the frame: behind both addresses, beginning with both ports. 0 where it is not
/// found.
unsigned tcp_flags_of(tvbuff_t* frame, const packet_info* pinfo) {
  const auto source = host_of(pinfo->src), destination = host_of(pinfo->dst);
  std::array<std::uint8_t, 36> wanted{};
  auto* end = std::copy_n(source.address.begin(), source.size, wanted.begin());
  end = std::copy_n(destination.address.begin(), destination.size, end);
  for (const auto port : {pinfo->srcport, pinfo->destport}) {
    *end++ = static_cast<std::uint8_t>(port >> 8);
    *end++ = static_cast<std::uint8_t>(port);
  }
  const auto searched = std::min(tvb_captured_length(frame), 256U);
  const auto* first = tvb_get_ptr(frame, 0, static_cast<int>(searched));
  const auto* found = std::search(first, first + searched, wanted.begin(), end);
  const auto* ports = found + (end - wanted.begin()) - 4;
  return found != first + searched && ports + 14 <= first + searched ? ports[13] : 0;
}

void note_end(const ConversationState& state, tvbuff_t* frame, packet_info* pinfo) {
  constexpr unsigned fin = 0x01, rst = 0x04;
  const auto flags = tcp_flags_of(frame, pinfo);
  if ((flags & (fin | rst)) == 0) return;
  state.connection->end(direction_of(state, pinfo), (flags & rst) != 0, {time_of(pinfo), pinfo->num});
}

/// Called for every frame of a capture: quick where there is no migration.
int dissect_end(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  if (current_capture() == nullptr || pinfo->ptype != PT_TCP) return 0;
  const auto* state = state_of(pinfo);
  if (state == nullptr || state->rejected) return 0;
  if (!PINFO_FD_VISITED(pinfo) && !state->connection->closed()) note_end(*state, tvb, pinfo);
  const Visit visit{pinfo->num, Connection::end_ordinal};
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    const auto view = view_of(*state, direction, tvb, pinfo, visit);
    if (!has_something(view)) continue;
    write_end(view);
    if (tree != nullptr || expert_infos_wanted()) draw(view, tree);
    notify_taps(view);
  }
  return 0;
}

/// What the first bytes of a conversation are.
enum class MagicMatch : std::uint8_t { channel, beginning, nothing };

/// A channel begins with a magic and a version, a be32 each.
struct Magic {
  std::uint32_t word;
  std::uint32_t first_version, last_version;
};
constexpr Magic magics[] = {{wire::file_magic, wire::file_version_compat, wire::file_version},
                            {wire::multifd_magic, wire::multifd_version, wire::multifd_version}};

/// A channel begins with one of them; fewer bytes may be the beginning of that.
MagicMatch match_magic(tvbuff_t* tvb) {
  const auto n = std::min(tvb_captured_length(tvb), 8U);
  std::byte first[8] = {};
  if (n != 0) tvb_memcpy(tvb, first, 0, n);
  for (const auto& magic : magics) {
    std::byte wanted[8] = {};
    for (unsigned i = 0; i < 4; ++i) wanted[i] = static_cast<std::byte>(magic.word >> (24 - 8 * i));
    if (n == 0 || !std::equal(first, first + std::min(n, 7U), wanted)) continue;
    if (n < 8) return MagicMatch::beginning;
    const auto version = load_be32(first, 4);
    if (version >= magic.first_version && version <= magic.last_version) return MagicMatch::channel;
  }
  return MagicMatch::nothing;
}

/// Whether a conversation nobody has claimed yet is one of ours. Preempt and recovery connections have no
/// magic: they are tried only between hosts that are migrating.
bool try_claim(tvbuff_t* tvb, packet_info* pinfo, const tcpinfo* tcp, ConversationState*& state) {
  if (PINFO_FD_VISITED(pinfo)) return false;
  const auto match = match_magic(tvb);
  if (state == nullptr) {
    const bool first = tcp == nullptr || tcp->seq <= 1;
    if (match != MagicMatch::channel &&
        !(first && (match == MagicMatch::beginning || migrations_known(pinfo))))
      return false;
    state = &new_state(pinfo, true, Joined::at_start);
  }
  if (state->rejected || direction_of(*state, pinfo) != Direction::forward) return false;
  return true;
}

bool recognise(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, const tcpinfo* tcp) {
  auto* state = state_of(pinfo);
  if (!try_claim(tvb, pinfo, tcp, state)) return false;
  const Visit visit{pinfo->num, next_ordinal(pinfo)};
  feed(*state, tvb, pinfo, tcp, visit);
  const auto kind = state->connection->kind();
  const bool ours = kind != ChannelKind::unknown && kind != ChannelKind::tls;
  const auto& feeds = state->connection->direction_state(Direction::forward).feeds;
  state->rejected = !ours && feeds.new_events_of(visit).emitted.size() != 0;
  if (!ours) return false;
  // Inside TLS the conversation stays TLS's own.
  if (tcp != nullptr) conversation_set_dissector(find_or_create_conversation(pinfo), tcp_handle);
  show(*state, tvb, pinfo, tree, visit);
  return true;
}

compat::HeuristicResult recognise_tcp(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  return recognise(tvb, pinfo, tree, static_cast<const tcpinfo*>(data));
}

compat::HeuristicResult recognise_tls(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  if (!recognise(tvb, pinfo, tree, nullptr)) return false;
  compat::claim_tls(data, tls_handle);
  return true;
}

}  // namespace

void register_dissectors() {
  tcp_handle = register_dissector("qemumig", dissect_tcp, protocol());
  tls_handle = register_dissector("qemumig_tls", dissect_tls, protocol());
  register_postdissector(create_dissector_handle(dissect_end, protocol()));
}

void hand_off() {
  heur_dissector_add("tcp", recognise_tcp, "QEMU migration over TCP", "qemumig_tcp", protocol(),
                     HEURISTIC_ENABLE);
  heur_dissector_add("tls", recognise_tls, "QEMU migration over TLS", "qemumig_tls", protocol(),
                     HEURISTIC_ENABLE);
  dissector_add_for_decode_as_with_preference("tcp.port", tcp_handle);
  dissector_add_for_decode_as("tls.port", tls_handle);
}

}  // namespace mig::plugin
