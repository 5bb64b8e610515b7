// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/capture_reader.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "replay/input/connections.hpp"

namespace mig::replay {
namespace {

using Pcap = std::unique_ptr<pcap_t, void (*)(pcap_t*)>;

Pcap open_capture(PackedFile packed, const std::string& path) {
  auto file = std::move(packed.file);
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  Pcap pcap(pcap_fopen_offline_with_tstamp_precision(file.get(), PCAP_TSTAMP_PRECISION_NANO, reason.data()),
            pcap_close);
  if (!pcap) throw std::runtime_error(path + ": not a capture: " + reason.data());
  static_cast<void>(file.release());  // libpcap closes it
  const int link_type = pcap_datalink(pcap.get());
  if (!is_known_link_type(link_type)) {
    const auto* name = pcap_datalink_val_to_name(link_type);
    throw std::runtime_error(path + ": link type " + (name != nullptr ? name : std::to_string(link_type)) +
                             " is not supported; capture on Ethernet, loopback or \"any\"");
  }
  return pcap;
}

void count(CaptureStatistics& statistics, const Packet& packet, CaptureSink& sink) {
  if (statistics.packets++ == 0) {
    statistics.first = statistics.last = packet.time;
    sink.started(packet.time);
  }
  statistics.last = std::max(statistics.last, packet.time);
  statistics.bytes += packet.frame.size();
  if (packet.frame.size() < packet.size_on_wire) ++statistics.cut_packets;
}

}  // namespace

CaptureStatistics read_capture(const std::string& path, CaptureSink& sink, std::string& warning) {
  return read_capture(open_packed(path), path, sink, warning);
}

void read_packets(PackedFile file, const std::string& path, const std::function<void(const Packet&)>& each,
                  std::string& warning) {
  const auto pcap = open_capture(std::move(file), path);
  const int link_type = pcap_datalink(pcap.get());
  std::uint64_t packets = 0;
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(pcap.get(), &header, &data)) == 1) {
    ++packets;
    // With nanosecond precision libpcap's tv_usec counts nanoseconds.
    const auto time = std::chrono::seconds(header->ts.tv_sec) + std::chrono::nanoseconds(header->ts.tv_usec);
    each({link_type, time, header->len, std::as_bytes(std::span(data, header->caplen))});
  }
  if (result == PCAP_ERROR)
    warning = path + ": read only up to packet " + std::to_string(packets) + ": " + pcap_geterr(pcap.get());
}

CaptureStatistics read_capture(PackedFile file, const std::string& path, CaptureSink& sink,
                               std::string& warning) {
  CaptureStatistics statistics;
  Connections connections(sink);
  const auto each = [&](const Packet& packet) {
    count(statistics, packet, sink);
    const auto segment = decode_frame(packet.link_type, packet.frame);
    if (segment) connections.segment(*segment, {packet.time, statistics.packets});
  };
  read_packets(std::move(file), path, each, warning);
  connections.finish({statistics.last, statistics.packets});
  return statistics;
}

}  // namespace mig::replay
