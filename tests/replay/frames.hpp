// SPDX-License-Identifier: GPL-2.0-or-later
// CaptureInput as lists of frames that a test may damage, and write again.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "replay/input/packet_source.hpp"
#include "replay/input/segment.hpp"

namespace mig::test {

struct Frame {
  std::chrono::nanoseconds time{};
  std::vector<std::byte> bytes;
  std::uint32_t size_on_wire = 0;
};
using Frames = std::vector<Frame>;

/// The frames of a sample; all samples are Ethernet.
[[nodiscard]] Frames frames_of(const std::string& sample);
[[nodiscard]] std::optional<replay::Segment> segment_of(const Frame& frame);
/// As pcap with nanoseconds.
void write_pcap(const std::string& path, const Frames& frames);
/// As pcapng, on two interfaces in turn, in the byte order asked for.
void write_pcapng(const std::string& path, const Frames& frames, bool big_endian);

/// Adds to sequence and acknowledgement numbers (each way keeps its own sum) and to the destination's port.
void shift(Frame& frame, std::uint32_t sequence, std::uint16_t port_of_server = 0);

/// Bytes of payload by connection way, as far as the frames carry them: what a reader can have at best.
[[nodiscard]] std::map<std::pair<replay::Endpoint, replay::Endpoint>, std::uint64_t> carried(
    const Frames& frames);

}  // namespace mig::test
