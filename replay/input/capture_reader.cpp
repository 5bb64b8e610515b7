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

void count(CaptureStatistics& statistics, const pcap_pkthdr& header, Time time, CaptureSink& sink) {
  if (statistics.packets++ == 0) {
    statistics.first = statistics.last = time;
    sink.started(time);
  }
  statistics.last = std::max(statistics.last, time);
  statistics.bytes += header.caplen;
  if (header.caplen < header.len) ++statistics.cut_packets;
}

}  // namespace

CaptureStatistics read_capture(const std::string& path, CaptureSink& sink, std::string& warning) {
  return read_capture(open_packed(path), path, sink, warning);
}

CaptureStatistics read_capture(PackedFile file, const std::string& path, CaptureSink& sink,
                               std::string& warning) {
  const auto pcap = open_capture(std::move(file), path);
  const int link_type = pcap_datalink(pcap.get());
  CaptureStatistics statistics;
  Connections connections(sink);
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(pcap.get(), &header, &data)) == 1) {
    // With nanosecond precision libpcap's tv_usec counts nanoseconds.
    const auto time = std::chrono::seconds(header->ts.tv_sec) + std::chrono::nanoseconds(header->ts.tv_usec);
    count(statistics, *header, time, sink);
    const auto segment = decode_frame(link_type, std::as_bytes(std::span(data, header->caplen)));
    if (segment) connections.segment(*segment, {time, statistics.packets});
  }
  connections.finish({statistics.last, statistics.packets});
  if (result == PCAP_ERROR)
    warning = path + ": read only up to packet " + std::to_string(statistics.packets) + ": " +
              pcap_geterr(pcap.get());
  return statistics;
}

}  // namespace mig::replay
