// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/capture_trace.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>

#include "replay/input/frame_decoder.hpp"
#include "replay/input/packet_source.hpp"
#include "replay/input/streams/stream_file.hpp"

namespace mig::replay {
namespace {

/// Bytes that a rotation may have lost between two files, or that may come twice.
constexpr std::int32_t max_lost = 1 << 30, max_repeated = 1 << 22;
constexpr Time max_disorder = std::chrono::seconds(1);

/// The least and the greatest time from a packet in `a` to the same packet in `b`.
std::optional<std::pair<Time, Time>> differences(const std::optional<ConnectionTrace::Way>& a,
                                                 const std::optional<ConnectionTrace::Way>& b) {
  std::optional<std::pair<Time, Time>> out;
  if (!a || !b) return out;
  for (const auto& [packet, time] : a->packets) {
    const auto same = b->packets.find(packet);
    if (same == b->packets.end()) continue;
    const auto difference = same->second - time;
    if (!out) out.emplace(difference, difference);
    out->first = std::min(out->first, difference);
    out->second = std::max(out->second, difference);
  }
  return out;
}

}  // namespace

void ConnectionTrace::add(const Segment& s, Time time) {
  auto& way = ways[s.source < s.destination ? 0 : 1];
  const auto behind = s.sequence + s.size + (s.syn || s.fin ? 1U : 0U);
  if (!way) way.emplace(Way{s.sequence, behind, time, time, {}});
  if (static_cast<std::int32_t>(behind - way->last) > 0) way->last = behind;
  way->end = std::max(way->end, time);
  handshake = handshake || s.syn;
  if (way->packets.size() < max_packets) way->packets.try_emplace({s.sequence, s.acknowledgement}, time);
}

std::optional<CaptureTrace> trace_of(const std::string& path) try {
  if (!std::filesystem::is_regular_file(path)) return std::nullopt;
  auto file = open_packed(path);
  if (!is_capture(file.first)) return std::nullopt;
  const auto packets = open_packets(std::move(file), path);
  CaptureTrace out;
  FrameDecoder decoder;
  for (bool first = true; const auto* packet = packets->next(); first = false) {
    const auto time = packet->moment.time;
    if (first) out.first = time;
    if (!is_known_link_type(packet->link_type)) continue;
    const auto segment = decoder.decode(packet->link_type, packet->frame);
    if (segment) out.connections[std::minmax(segment->source, segment->destination)].add(*segment, time);
  }
  return out;
} catch (const std::exception&) {
  return std::nullopt;  // reading it reports why
}

bool continues(const ConnectionTrace& earlier, const ConnectionTrace& later) {
  bool out = false;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto &a = earlier.ways[i], &b = later.ways[i];
    if (!a || !b) continue;
    const auto between = static_cast<std::int32_t>(b->first - a->last);
    if (later.handshake || b->begin < a->end - max_disorder || between < -max_repeated || between > max_lost)
      return false;
    out = true;
  }
  return out;
}

std::optional<ClockOffset> clock_offset(const ConnectionTrace& a, const ConnectionTrace& b) {
  const auto there = differences(a.ways[0], b.ways[0]), back = differences(a.ways[1], b.ways[1]);
  if (!there || !back) return std::nullopt;
  // One direction's packets were in `a` first, and the other's in `b`, unless both are of one place.
  auto low = back->second, high = there->first;
  if (there->second <= back->first) low = there->second, high = back->first;
  if (low > high) std::swap(low, high);
  return ClockOffset{low + (high - low) / 2, (high - low) / 2};
}

}  // namespace mig::replay
