// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/frames.hpp"

#include <doctest/doctest.h>
#include <pcap/dlt.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace mig::test {
namespace {

using Out = std::unique_ptr<FILE, int (*)(FILE*)>;

Out open(const std::string& path) {
  Out out(std::fopen(path.c_str(), "wb"), std::fclose);
  REQUIRE(out);
  return out;
}

class Numbers {
 public:
  explicit Numbers(bool big_endian) : big_(big_endian) {}
  void put(std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i)
      bytes.push_back(static_cast<std::byte>(value >> (8 * (big_ ? size - 1 - i : i))));
  }
  void put(const std::vector<std::byte>& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  void pad() { bytes.resize((bytes.size() + 3) / 4 * 4); }
  void write(FILE* to) const { std::fwrite(bytes.data(), 1, bytes.size(), to); }
  std::vector<std::byte> bytes;

 private:
  bool big_;
};

void block(FILE* to, bool big, std::uint32_t type, Numbers body) {
  body.pad();
  Numbers all(big);
  all.put(type, 4);
  all.put(body.bytes.size() + 12, 4);
  all.put(body.bytes);
  all.put(body.bytes.size() + 12, 4);
  all.write(to);
}

void option(Numbers& to, std::uint16_t code, std::string_view value) {
  to.put(code, 2);
  to.put(value.size(), 2);
  for (const char c : value) to.put(static_cast<unsigned char>(c), 1);
  to.pad();
}

void put_be32(std::vector<std::byte>& bytes, std::size_t at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

}  // namespace

Frames frames_of(const std::string& sample) {
  Frames out;
  const auto path = MIG_SAMPLES "/" + sample;
  const auto source = replay::open_packets(replay::open_packed(path), path);
  while (const auto* packet = source->next()) {
    REQUIRE(packet->link_type == DLT_EN10MB);
    out.push_back({packet->moment.time, {packet->frame.begin(), packet->frame.end()}, packet->size_on_wire});
  }
  REQUIRE(out.size() > 10);
  return out;
}

std::optional<replay::Segment> segment_of(const Frame& frame) {
  return replay::decode_frame(DLT_EN10MB, frame.bytes);
}

void write_pcap(const std::string& path, const Frames& frames) {
  const auto out = open(path);
  Numbers head(false);
  head.put(0xa1b23c4d, 4), head.put(2, 2), head.put(4, 2), head.put(0, 8), head.put(262144, 4),
      head.put(1, 4);
  head.write(out.get());
  for (const auto& frame : frames) {
    Numbers one(false);
    one.put(static_cast<std::uint64_t>(frame.time.count() / 1000000000), 4);
    one.put(static_cast<std::uint64_t>(frame.time.count() % 1000000000), 4);
    one.put(frame.bytes.size(), 4), one.put(frame.size_on_wire, 4);
    one.put(frame.bytes);
    one.write(out.get());
  }
}

void write_pcapng(const std::string& path, const Frames& frames, bool big) {
  const auto out = open(path);
  Numbers section(big);
  section.put(0x1a2b3c4d, 4), section.put(1, 2), section.put(0, 2), section.put(~0ULL, 8);
  block(out.get(), big, 0x0a0d0d0a, section);
  for (const char* name : {"first", "second"}) {
    Numbers interface(big);
    interface.put(1, 2), interface.put(0, 2), interface.put(262144, 4);
    option(interface, 2, name);
    option(interface, 9, "\x09");  // nanoseconds
    interface.put(0, 4);
    block(out.get(), big, 1, interface);
  }
  block(out.get(), big, 0x0bad, Numbers(big));  // of a kind that nobody knows
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto& frame = frames[i];
    const auto time = static_cast<std::uint64_t>(frame.time.count());
    Numbers packet(big);
    packet.put(i % 2, 4), packet.put(time >> 32, 4), packet.put(time & 0xffffffff, 4);
    packet.put(frame.bytes.size(), 4), packet.put(frame.size_on_wire, 4);
    packet.put(frame.bytes);
    packet.pad();
    if (i == 1) option(packet, 1, "a remark");
    block(out.get(), big, 6, packet);
  }
}

void shift(Frame& frame, std::uint32_t sequence, std::uint16_t port_of_server) {
  const auto s = segment_of(frame);
  if (!s) return;
  const auto tcp = frame.bytes.size() - s->transport.size();
  put_be32(frame.bytes, tcp + 4, s->sequence + sequence);
  if (s->ack) put_be32(frame.bytes, tcp + 8, s->acknowledgement + sequence);
  if (port_of_server == 0) return;
  const auto at = s->source.port < s->destination.port ? tcp : tcp + 2;
  frame.bytes[at] = static_cast<std::byte>(port_of_server >> 8);
  frame.bytes[at + 1] = static_cast<std::byte>(port_of_server & 0xff);
}

std::map<std::pair<replay::Endpoint, replay::Endpoint>, std::uint64_t> carried(const Frames& frames) {
  using Way = std::pair<replay::Endpoint, replay::Endpoint>;
  std::map<Way, std::map<std::uint32_t, std::uint32_t>> ranges;  // begin -> end
  for (const auto& frame : frames) {
    const auto s = segment_of(frame);
    if (!s || s->payload.empty()) continue;
    auto& end = ranges[{s->source, s->destination}][s->sequence];
    end = std::max(end, s->sequence + static_cast<std::uint32_t>(s->payload.size()));
  }
  std::map<Way, std::uint64_t> out;
  for (const auto& [way, by_begin] : ranges) {
    std::uint32_t next = by_begin.begin()->first;
    for (const auto& [begin, end] : by_begin) {
      if (end <= next && begin != next) continue;
      out[way] += end - std::max(begin, next);
      next = std::max(next, end);
    }
  }
  return out;
}

}  // namespace mig::test
