// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/capture_reader.hpp"

#include <algorithm>
#include <map>

#include "replay/input/connections.hpp"
#include "replay/input/frame_decoder.hpp"
#include "replay/input/pcap_source.hpp"

namespace mig::replay {
namespace {

constexpr std::uint64_t packets_a_tick = 256;

void count(CaptureStatistics& statistics, const Packet& packet, CaptureSink& sink) {
  const auto time = packet.moment.time;
  if (statistics.packets++ == 0) {
    statistics.first = statistics.last = time;
    sink.started(time);
  }
  statistics.last = std::max(statistics.last, time);
  statistics.bytes += packet.frame.size();
  if (packet.frame.size() >= packet.size_on_wire) return;
  ++statistics.cut_packets;
  statistics.largest_cut = std::max(statistics.largest_cut, static_cast<std::uint32_t>(packet.frame.size()));
}

std::string left_out(const std::map<int, std::uint64_t>& by_link_type) {
  std::string out;
  for (const auto& [link_type, n] : by_link_type)
    out += "\n  " + std::to_string(n) + " packets were left out: " + unknown_link_type(link_type);
  return out;
}

}  // namespace

CaptureStatistics read_capture(PacketSource& source, CaptureSink& sink, std::string& warning,
                               const ReadOptions& options) {
  CaptureStatistics statistics;
  Connections connections(sink);
  std::map<int, std::uint64_t> unknown;
  FrameDecoder decoder;
  while (const auto* packet = source.next()) {
    const auto& interface = source.interfaces()[packet->interface];
    if (!interface.name.starts_with(options.interface)) {
      for (const auto comment : packet->comments) sink.comment_elsewhere(comment, packet->moment);
      continue;
    }
    count(statistics, *packet, sink);
    for (const auto comment : packet->comments) sink.comment(comment, packet->moment);
    if (!is_known_link_type(packet->link_type)) {
      ++unknown[packet->link_type];
      continue;
    }
    const auto segment = decoder.decode(packet->link_type, packet->frame);
    if (segment) connections.segment(*segment, packet->moment, interface);
    if (options.tick && statistics.packets % packets_a_tick == 0) options.tick();
  }
  connections.finish({statistics.last, 0});
  statistics.encrypted_packets = decoder.encrypted_frames();
  warning = source.warning() + left_out(unknown);
  return statistics;
}

CaptureStatistics read_capture(const std::string& path, CaptureSink& sink, std::string& warning) {
  return read_capture(*open_packets(open_packed(path), path), sink, warning);
}

}  // namespace mig::replay
