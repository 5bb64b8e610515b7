// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/capture_reader.hpp"

#include <pcap/pcap.h>
#include <tins/ethernetII.h>
#include <tins/exceptions.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/loopback.h>
#include <tins/packet.h>
#include <tins/sll.h>
#include <tins/tcp_ip/stream_follower.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace mig::replay {
namespace {

using Tins::TCPIP::Stream;
using Tins::TCPIP::StreamFollower;

std::string shell_quoted(const std::string& path) {
  std::string out = "'";
  for (const char c : path) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string endpoint(const Stream& stream, bool client) {
  const auto port = std::to_string(client ? stream.client_port() : stream.server_port());
  if (stream.is_v6()) {
    return "[" + (client ? stream.client_addr_v6() : stream.server_addr_v6()).to_string() + "]:" + port;
  }
  return (client ? stream.client_addr_v4() : stream.server_addr_v4()).to_string() + ":" + port;
}

/// libtins' streams as numbered connections.
class Follower {
 public:
  explicit Follower(CaptureSink& sink) : sink_(sink) {
    follower_.new_stream_callback([this](Stream& stream) { opened(stream); });
    // A stalled migration is silent for longer than any timeout; what ends a connection is its end.
    follower_.stream_keep_alive(std::chrono::hours(24));
  }

  void packet(std::unique_ptr<Tins::PDU> pdu, std::chrono::microseconds time) {
    time_ = time;
    Tins::Packet packet(pdu.release(), Tins::Timestamp(time), Tins::Packet::own_pdu());
    follower_.process_packet(packet);
  }

 private:
  void opened(Stream& stream) {
    const ConnectionId id{next_++};
    stream.auto_cleanup_payloads(true);
    stream.client_data_callback([this, id](Stream& s) { data(id, Direction::forward, s.client_payload()); });
    stream.server_data_callback(
        [this, id](Stream& s) { data(id, Direction::return_path, s.server_payload()); });
    stream.stream_closed_callback([this, id](Stream& s) {
      const auto rst = Tins::TCPIP::Flow::RST_SENT;
      sink_.closed(id, s.client_flow().state() == rst || s.server_flow().state() == rst, time_);
    });
    sink_.opened(id, {endpoint(stream, true), endpoint(stream, false)}, time_);
  }

  void data(ConnectionId id, Direction direction, const Stream::payload_type& bytes) {
    sink_.data(id, direction, std::as_bytes(std::span(bytes.data(), bytes.size())), time_);
  }

  CaptureSink& sink_;
  StreamFollower follower_;
  std::uint32_t next_ = 0;
  std::chrono::microseconds time_{};
};

std::unique_ptr<Tins::PDU> decode(int link_type, const std::uint8_t* data, std::uint32_t size) {
  switch (link_type) {
    case DLT_EN10MB: return std::make_unique<Tins::EthernetII>(data, size);
    case DLT_LINUX_SLL: return std::make_unique<Tins::SLL>(data, size);
    case DLT_NULL: return std::make_unique<Tins::Loopback>(data, size);
    case DLT_RAW:
      if (size != 0 && data[0] >> 4 == 6) return std::make_unique<Tins::IPv6>(data, size);
      return std::make_unique<Tins::IP>(data, size);
    default: throw std::runtime_error("link type " + std::to_string(link_type) + " is not supported");
  }
}

void follow(pcap_t* pcap, Follower& follower) {
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* data = nullptr;
  const int link_type = pcap_datalink(pcap);
  int result = 0;
  while ((result = pcap_next_ex(pcap, &header, &data)) == 1) {
    try {
      follower.packet(
          decode(link_type, data, header->caplen),
          std::chrono::seconds(header->ts.tv_sec) + std::chrono::microseconds(header->ts.tv_usec));
    } catch (const Tins::malformed_packet&) {  // no TCP that could be followed
    }
  }
  if (result == PCAP_ERROR) throw std::runtime_error(pcap_geterr(pcap));
}

}  // namespace

void read_capture(const std::string& path, CaptureSink& sink) {
  const bool packed = path.ends_with(".zst");
  const std::unique_ptr<FILE, int (*)(FILE*)> file(
      packed ? popen(("zstd -dcq " + shell_quoted(path)).c_str(), "r") : std::fopen(path.c_str(), "rb"),
      packed ? pclose : std::fclose);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  // pcap_close() would fclose() what it reads from, and a pipe must be pclose()d: it gets a file of its own.
  FILE* own = fdopen(dup(fileno(file.get())), "rb");
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> pcap(
      own != nullptr ? pcap_fopen_offline(own, reason.data()) : nullptr, pcap_close);
  if (!pcap) {
    if (own != nullptr) std::fclose(own);
    throw std::runtime_error(path + ": not a capture: " + reason.data());
  }
  try {
    Follower follower(sink);
    follow(pcap.get(), follower);
  } catch (const std::exception& e) {
    throw std::runtime_error(path + ": " + e.what());
  }
}

}  // namespace mig::replay
