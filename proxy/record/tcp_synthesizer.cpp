// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/record/tcp_synthesizer.hpp"

#include <algorithm>

namespace mig::proxy {
namespace {

constexpr auto fwd = Direction::forward;
constexpr auto back = Direction::return_path;

Direction opposite(Direction direction) { return direction == fwd ? back : fwd; }

HostPort unix_stand_in(const LegKey& leg, bool is_client) {
  const auto [id, side] = leg;
  const std::uint8_t host = is_client ? 1 : 2;
  const std::uint16_t port = is_client ? static_cast<std::uint16_t>(49152 + static_cast<unsigned>(id) % 16384)
                             : side == Side::source ? 4444
                                                    : 4445;
  return side == Side::source ? ipv4(192, 0, 2, host, port) : ipv4(198, 51, 100, host, port);
}

}  // namespace

HostPort leg_end(const LegKey& leg, bool is_client, const Endpoint& endpoint) {
  auto end = host_port(endpoint).value_or(unix_stand_in(leg, is_client));
  const int nearer = leg.second == Side::source ? 1 : 2;  // source, migproxy, destination
  end.station = static_cast<std::uint8_t>(is_client ? nearer : nearer + 1);
  return end;
}

void TcpSynthesizer::open() {
  open_ = true;
  emit(fwd, tcp_flag::syn);
  emit(back, tcp_flag::syn | tcp_flag::ack);
  emit(fwd, tcp_flag::ack);
}

void TcpSynthesizer::carry(Direction direction, Bytes bytes, const std::vector<KeptPiece>& pieces) {
  if (!open_ || half(direction).ended || bytes.empty()) return;
  for (auto [size, kept] : pieces) {
    for (; size != 0;) {
      const auto part = bytes.first(std::min(size, PacketHeaders::max_payload));
      bytes = bytes.subspan(part.size());
      emit(direction, bytes.empty() ? tcp_flag::psh | tcp_flag::ack : tcp_flag::ack, part,
           std::min(kept, part.size()));
      size -= part.size();
      kept -= std::min(kept, part.size());
    }
  }
  emit(opposite(direction), tcp_flag::ack);
}

void TcpSynthesizer::end(Direction direction) {
  if (!open_ || half(direction).ended) return;
  emit(direction, tcp_flag::fin | tcp_flag::ack);
  half(direction).ended = true;
  emit(opposite(direction), tcp_flag::ack);
}

void TcpSynthesizer::reset(Direction direction) {
  if (!open_) return;
  emit(direction, tcp_flag::rst | tcp_flag::ack);
  open_ = false;
}

bool TcpSynthesizer::remark(Direction direction) {
  if (!open_ || half(direction).ended) return false;
  --window_;  // else it would look like a duplicate ACK, which means a loss
  emit(direction, tcp_flag::ack);
  return true;
}

void TcpSynthesizer::close() {
  end(fwd);
  end(back);
  open_ = false;
}

void TcpSynthesizer::emit(Direction direction, std::uint8_t flags, Bytes payload, std::size_t kept) {
  Half& own = half(direction);
  const bool opening = (flags & tcp_flag::syn) != 0;
  TcpHead head;
  head.from = direction == fwd ? client_ : server_;
  head.to = direction == fwd ? server_ : client_;
  head.sequence = own.sequence;
  head.acknowledged = (flags & tcp_flag::ack) != 0 ? half(opposite(direction)).sequence : 0;
  head.flags = flags;
  head.window = window_;
  head.opening = opening;
  const std::uint64_t begin = own.bytes;
  own.bytes += payload.size();
  own.sequence += static_cast<std::uint32_t>(payload.size());
  if (opening || (flags & tcp_flag::fin) != 0) ++own.sequence;
  sink_->packet(*this, head, {direction, begin, own.bytes}, payload, kept);
}

}  // namespace mig::proxy
