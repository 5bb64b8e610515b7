// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/redact_file.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "mig/wire.hpp"
#include "replay/analyse_file.hpp"
#include "replay/extract/output_file.hpp"
#include "replay/input/connections.hpp"
#include "replay/redact/private_bytes.hpp"
#include "replay/redact/tcp_checksum.hpp"

namespace mig::replay {
namespace {

/// Where the segment that was read last stands.
class Place final : public CaptureSink {
 public:
  void opened(ConnectionId, const ConnectionInfo&, Moment) override {}
  void data(ConnectionId, Direction, Bytes, Moment) override {}
  void missing(ConnectionId, Direction, std::uint64_t, Moment) override {}
  void closed(ConnectionId, bool, Moment) override {}
  void placed(ConnectionId id, Direction direction, const Segment&,
              std::optional<std::uint64_t> offset) override {
    connection = id;
    way = direction;
    at = offset;
  }
  ConnectionId connection{};
  Direction way = Direction::forward;
  std::optional<std::uint64_t> at;
};

/// A pcap file that is being written.
class PcapWriter {
 public:
  explicit PcapWriter(std::string path) : path_(std::move(path)) {}
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;
  ~PcapWriter() {
    if (dumper_ != nullptr) pcap_dump_close(dumper_);
    if (pcap_ != nullptr) pcap_close(pcap_);
  }

  void write(const Packet& packet, Bytes frame) {
    if (dumper_ == nullptr) open(packet.link_type);
    pcap_pkthdr header{};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(packet.moment.time);
    header.ts.tv_sec = seconds.count();
    header.ts.tv_usec = (packet.moment.time - seconds).count();  // nanoseconds, as the file says
    header.caplen = static_cast<bpf_u_int32>(frame.size());
    header.len = packet.size_on_wire;
    pcap_dump(reinterpret_cast<u_char*>(dumper_), &header, reinterpret_cast<const u_char*>(frame.data()));
  }
  void finish() {
    if (dumper_ != nullptr && (pcap_dump_flush(dumper_) != 0 || std::ferror(pcap_dump_file(dumper_)) != 0))
      throw std::runtime_error(path_ + ": cannot write: " + std::strerror(errno));
  }

 private:
  void open(int link_type) {
    constexpr int snaplen = 262144;
    pcap_ = pcap_open_dead_with_tstamp_precision(link_type, snaplen, PCAP_TSTAMP_PRECISION_NANO);
    dumper_ = pcap_ != nullptr ? pcap_dump_open(pcap_, path_.c_str()) : nullptr;
    if (dumper_ == nullptr) throw std::runtime_error(path_ + ": cannot write: " + std::strerror(errno));
  }
  std::string path_;
  pcap_t* pcap_ = nullptr;
  pcap_dumper_t* dumper_ = nullptr;
};

void redact_capture(const std::string& in, const std::string& out, const PrivateBytes& found,
                    Redacted& result) {
  Place place;
  Connections connections(place);
  PcapWriter writer(out);
  std::vector<std::byte> frame;
  const auto source = open_packets(open_packed(in), in);
  while (const auto* read = source->next()) {
    const auto& packet = *read;
    const auto segment = decode_frame(packet.link_type, packet.frame);
    if (!segment) {
      ++result.left_out;
      continue;
    }
    connections.segment(*segment, {packet.moment.time, ++result.packets});
    frame.assign(packet.frame.begin(), packet.frame.end());
    const auto in_frame = [&](Bytes part) {
      return std::span(frame).subspan(static_cast<std::size_t>(part.data() - packet.frame.data()),
                                      part.size());
    };
    const auto payload = in_frame(segment->payload);
    if (place.at) {
      found.blank(place.connection, place.way, *place.at, payload);
    } else {
      std::ranges::fill(payload, std::byte{});
    }
    if (segment->payload.size() == segment->size) set_tcp_checksum(*segment, in_frame(segment->transport));
    writer.write(packet, frame);
  }
  result.warning = source->warning();
  if (result.packets == 0) throw std::runtime_error(in + ": no TCP in it");
  writer.finish();
}

void redact_stream(const std::string& in, const std::string& out, const PrivateBytes& found) {
  const auto from = open_packed(in);
  const File to(std::fopen(out.c_str(), "wb"), std::fclose);
  if (!to) throw std::runtime_error(out + ": cannot write: " + std::strerror(errno));
  std::vector<std::byte> buffer(1U << 18);
  std::uint64_t offset = 0;
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), from.file.get())) > 0;
       offset += n) {
    const auto piece = std::span(buffer).first(n);
    found.blank(ConnectionId{0}, Direction::forward, offset, piece);
    if (std::fwrite(piece.data(), 1, n, to.get()) != n)
      throw std::runtime_error(out + ": cannot write: " + std::strerror(errno));
  }
  if (std::fflush(to.get()) != 0) throw std::runtime_error(out + ": cannot write: " + std::strerror(errno));
}

void find(const std::string& path, PrivateBytes& found, std::string& warning) {
  Analysis analysis({&found});
  static_cast<void>(analyse_file(path, analysis, warning));
}

}  // namespace

Redacted redact_file(const std::string& in, const std::string& out) {
  if (in == "-" || out == "-")
    throw std::runtime_error("redact reads its input twice: it needs files, not -");
  refuse_input_as_output(in, out);
  Redacted result;
  PrivateBytes found;
  find(in, found, result.warning);
  result.private_bytes = found.count();
  if (is_stream_file(in)) {
    redact_stream(in, out, found);
  } else {
    redact_capture(in, out, found, result);
  }
  PrivateBytes again;
  std::string warning;
  find(out, again, warning);
  result.same_events = warning.empty() && again.digest() == found.digest();
  return result;
}

}  // namespace mig::replay
