// SPDX-License-Identifier: GPL-2.0-or-later
// draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng, in the byte order of this machine.
#include "replay/redact/packet_writer.hpp"

#include <pcap/dlt.h>

#include <algorithm>

#include "common/recording_mark.hpp"

namespace mig::replay {
namespace {

constexpr std::uint32_t snap_length = 262144;
constexpr std::uint32_t billion = 1000000000;

class Numbers {
 public:
  template <class T>
  Numbers& put(T value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Numbers& put_padded(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
    return *this;
  }
  [[nodiscard]] Bytes view() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// What files say for what libpcap calls it in memory.
std::uint16_t in_files(int link_type) {
  constexpr std::uint16_t raw = 101;
  return link_type == DLT_RAW ? raw : static_cast<std::uint16_t>(link_type);
}

Numbers block(std::uint32_t type, const Numbers& body) {
  const auto size = static_cast<std::uint32_t>(body.view().size() + 12);
  Numbers out;
  out.put(type).put(size).put_padded(body.view()).put(size);
  return out;
}

Numbers pcap_header(int link_type) {
  Numbers out;
  out.put<std::uint32_t>(0xa1b23c4d).put<std::uint16_t>(2).put<std::uint16_t>(4);
  out.put<std::uint64_t>(0).put(snap_length).put<std::uint32_t>(in_files(link_type));
  return out;
}

Numbers section_header() {
  Numbers body;
  body.put<std::uint32_t>(0x1a2b3c4d).put<std::uint16_t>(1).put<std::uint16_t>(0).put(~std::uint64_t{0});
  return block(0x0a0d0d0a, body);
}

Numbers interface_description(const PacketWriter::Interface& interface) {
  constexpr std::uint16_t name = 2, description = 3, resolution = 9;
  Numbers body;
  body.put(in_files(interface.link_type)).put<std::uint16_t>(0).put(snap_length);
  const auto text = [&](std::uint16_t option, std::string_view value) {
    if (!value.empty())
      body.put(option).put(static_cast<std::uint16_t>(value.size())).put_padded(as_bytes(value));
  };
  text(name, interface.name);
  if (!interface.pages_recorded) text(description, pages_not_recorded);
  body.put(resolution).put<std::uint16_t>(1).put<std::uint32_t>(9).put<std::uint32_t>(0);  // nanoseconds, end
  return block(1, body);
}

}  // namespace

PacketWriter::PacketWriter(NewFile& file, const std::vector<Interface>& interfaces)
    : file_(file), pcapng_(interfaces.size() != 1 || !interfaces.front().pages_recorded) {
  file_.append(pcapng_ ? section_header().view() : pcap_header(interfaces.front().link_type).view());
  if (!pcapng_) return;
  for (const auto& interface : interfaces) file_.append(interface_description(interface).view());
}

void PacketWriter::write(std::size_t interface, Time time, std::uint32_t size_on_wire, Bytes frame) {
  const auto ns = static_cast<std::uint64_t>(time.count());
  const auto size = static_cast<std::uint32_t>(frame.size());
  Numbers head;
  if (!pcapng_) {
    head.put(static_cast<std::uint32_t>(ns / billion)).put(static_cast<std::uint32_t>(ns % billion));
    file_.append(head.put(size).put(size_on_wire).view());
    return file_.append(frame);
  }
  head.put(static_cast<std::uint32_t>(interface)).put(static_cast<std::uint32_t>(ns >> 32));
  head.put(static_cast<std::uint32_t>(ns)).put(size).put(size_on_wire).put_padded(frame);
  file_.append(block(6, head).view());
}

}  // namespace mig::replay
