// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/pcap_source.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <stdexcept>

#include "replay/input/pcapng_source.hpp"
#include "replay/input/segment.hpp"

namespace mig::replay {
namespace {

using Pcap = std::unique_ptr<pcap_t, void (*)(pcap_t*)>;
using Reason = std::array<char, PCAP_ERRBUF_SIZE>;

std::atomic<pcap_t*> live{nullptr};  // what stop_live() stops

class PcapSource final : public PacketSource {
 public:
  PcapSource(Pcap pcap, std::string name, bool nanoseconds, std::unique_ptr<StdioBuffer> buffer = {})
      : buffer_(std::move(buffer)),
        pcap_(std::move(pcap)),
        name_(std::move(name)),
        nanoseconds_(nanoseconds) {
    packet_.link_type = pcap_datalink(pcap_.get());
  }
  ~PcapSource() override {
    if (live == pcap_.get()) live = nullptr;
  }
  const Packet* next() override {
    pcap_pkthdr* header = nullptr;
    const std::uint8_t* data = nullptr;
    int result = 0;
    while ((result = pcap_next_ex(pcap_.get(), &header, &data)) == 0) {  // the time-out of a live capture
    }
    if (result == PCAP_ERROR)
      warning_ = name_ + ": read only up to packet " + std::to_string(packet_.moment.packet) + ": " +
                 pcap_geterr(pcap_.get());
    if (result != 1) return nullptr;
    const std::chrono::nanoseconds part(nanoseconds_ ? header->ts.tv_usec : header->ts.tv_usec * 1000);
    packet_.moment.time = std::chrono::seconds(header->ts.tv_sec) + part;
    ++packet_.moment.packet;
    packet_.frame = std::as_bytes(std::span(data, header->caplen));
    packet_.size_on_wire = std::max(header->len, header->caplen);
    return &packet_;
  }

 private:
  std::unique_ptr<StdioBuffer> buffer_;  // of the file that libpcap reads
  Pcap pcap_;
  std::string name_;
  bool nanoseconds_;
  Packet packet_;
};

void refuse_link_type(int link_type, const std::string& name) {
  if (!is_known_link_type(link_type)) throw std::runtime_error(name + ": " + unknown_link_type(link_type));
}

void set_filter(pcap_t* pcap, const std::string& filter, const std::string& name) {
  bpf_program program{};
  if (filter.empty()) return;
  if (pcap_compile(pcap, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0 ||
      pcap_setfilter(pcap, &program) != 0)
    throw std::runtime_error(name + ": filter \"" + filter + "\": " + pcap_geterr(pcap));
  pcap_freecode(&program);
}

}  // namespace

std::string unknown_link_type(int link_type) {
  const auto* name = pcap_datalink_val_to_name(link_type);
  return "link type " + (name != nullptr ? std::string(name) : std::to_string(link_type)) +
         " is not supported; capture on Ethernet, loopback or \"any\"";
}

std::unique_ptr<PacketSource> open_pcap(CompressedFile packed, const std::string& path) {
  Reason reason{};
  Pcap pcap(
      pcap_fopen_offline_with_tstamp_precision(packed.file.get(), PCAP_TSTAMP_PRECISION_NANO, reason.data()),
      pcap_close);
  if (!pcap)
    throw std::runtime_error(path + ": not a capture: " + reason.data() +
                             " (pcap, pcapng and migration streams are read; plain, gzip or zstd)");
  static_cast<void>(packed.file.release());  // libpcap closes it
  return std::make_unique<PcapSource>(std::move(pcap), path, true, std::move(packed.buffer));
}

std::unique_ptr<PacketSource> open_live(const std::string& interface, const std::string& filter) {
  Reason reason{};
  Pcap pcap(pcap_create(interface.c_str(), reason.data()), pcap_close);
  if (!pcap) throw std::runtime_error(interface + ": " + reason.data());
  constexpr int whole_packets = 262144, buffer = 64 << 20, patience_ms = 200;
  pcap_set_snaplen(pcap.get(), whole_packets);
  pcap_set_buffer_size(pcap.get(), buffer);
  pcap_set_timeout(pcap.get(), patience_ms);
  const bool nanoseconds = pcap_set_tstamp_precision(pcap.get(), PCAP_TSTAMP_PRECISION_NANO) == 0;
  if (const int result = pcap_activate(pcap.get()); result < 0) {
    const std::string detail = pcap_geterr(pcap.get());
    throw std::runtime_error(interface + ": " + (detail.empty() ? pcap_statustostr(result) : detail) +
                             (result == PCAP_ERROR_PERM_DENIED ? " (needs root or CAP_NET_RAW)" : ""));
  }
  refuse_link_type(pcap_datalink(pcap.get()), interface);
  set_filter(pcap.get(), filter, interface);
  live = pcap.get();
  return std::make_unique<PcapSource>(std::move(pcap), interface, nanoseconds);
}

void stop_live() noexcept {
  if (auto* pcap = live.load()) pcap_breakloop(pcap);
}

std::unique_ptr<PacketSource> open_packets(CompressedFile file, const std::string& path) {
  if (file.first.empty())
    throw std::runtime_error(path + ": " + (file.damage->empty() ? std::string("empty") : *file.damage));
  if (file.first.starts_with('{'))
    throw std::runtime_error(
        path +
        ": JSON, not a capture. If it is a log of migproxy: it has no bytes of the streams; "
        "migproxy --record FILE --record-pages=no writes a recording that is nearly as small");
  return is_pcapng(file.first) ? open_pcapng(std::move(file), path) : open_pcap(std::move(file), path);
}

}  // namespace mig::replay
