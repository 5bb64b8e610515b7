// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/redact_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include "common/new_file.hpp"
#include "replay/analyse_file.hpp"
#include "replay/extract/output_file.hpp"
#include "replay/input/connections.hpp"
#include "replay/input/frame_decoder.hpp"
#include "replay/redact/keeper.hpp"
#include "replay/redact/packet_writer.hpp"
#include "replay/redact/redacted_frame.hpp"
#include "replay/redact/structure.hpp"

namespace mig::replay {
namespace {

/// Where the segment that was read last is.
class Place final : public CaptureSink {
 public:
  void opened(ConnectionId, const ConnectionInfo&, Moment) override {}
  void data(ConnectionId, Direction, Bytes, Moment) override {}
  void missing(ConnectionId, Direction, std::uint64_t, Moment) override {}
  void closed(ConnectionId, bool, Moment) override {}
  void placed(ConnectionId id, Direction from, const Segment&, std::optional<std::uint64_t> offset) override {
    connection = id;
    direction = from;
    at = offset;
  }
  ConnectionId connection{};
  Direction direction = Direction::forward;
  std::optional<std::uint64_t> at;
};

/// A packet's time and length may have been read out of the middle of another packet, where a file is
/// damaged: those that are far from all others are not kept.
class PacketHeads {
 public:
  explicit PacketHeads(std::optional<Time> about) : about_(about), last_(about.value_or(Time{})) {}
  Time time(const Packet& packet) {
    constexpr Time month = std::chrono::days(30);
    const auto time = packet.moment.time;
    if (!about_) about_ = time;
    if (time >= *about_ - month && time <= *about_ + month) last_ = time;
    return last_;
  }
  static std::uint32_t size_on_wire(const Packet& packet) {
    constexpr std::uint32_t longest = 1U << 20;  // the kernel's largest IPv6 packets have 512 KiB
    return packet.size_on_wire < longest ? packet.size_on_wire
                                         : static_cast<std::uint32_t>(packet.frame.size());
  }

 private:
  std::optional<Time> about_;
  Time last_;
};

/// Names of interfaces stay where they are such as programs give.
std::string plain_name(const std::string& name) {
  constexpr std::size_t longest = 24;
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' ||
           c == '-' || c == '_' || c == '.' || c == ':';
  };
  return name.size() <= longest && std::ranges::all_of(name, plain) ? name : std::string();
}

PacketWriter::Interface kept_of(const CaptureInterface& interface, int link_type) {
  return {plain_name(interface.name), link_type, interface.pages_recorded};
}

using Interfaces = std::vector<PacketWriter::Interface>;

/// What has to be known of a capture's packets before the first is written.
struct PacketSurvey {
  Interfaces interfaces;       ///< those that have packets, and their link types
  std::uint64_t doubtful = 0;  ///< the last packet, where the file cannot be read on: it may be damaged, too
};
PacketSurvey survey(const std::string& path) {
  PacketSurvey out;
  const auto source = open_packets(open_packed(path), path);
  while (const auto* packet = source->next()) {
    auto one = kept_of(source->interfaces()[packet->interface], packet->link_type);
    if (std::ranges::find(out.interfaces, one) == out.interfaces.end())
      out.interfaces.push_back(std::move(one));
    out.doubtful = packet->moment.packet;
  }
  if (source->warning().empty()) out.doubtful = 0;
  if (out.interfaces.empty()) throw std::runtime_error(path + ": no packet in it");
  return out;
}

class CaptureRedactor {
 public:
  CaptureRedactor(const Keeper& keeper, PacketSurvey survey, NewFile& out, Redacted& result)
      : keeper_(keeper),
        doubtful_(survey.doubtful),
        interfaces_(std::move(survey.interfaces)),
        writer_(out, interfaces_),
        heads_(keeper.first_seen()),
        result_(result) {}

  void packet(const Packet& packet, const CaptureInterface& interface) {
    ++result_.packets;
    const auto segment =
        is_known_link_type(packet.link_type) ? decoder_.decode(packet.link_type, packet.frame) : std::nullopt;
    if (segment) connections_.segment(*segment, {packet.moment.time, packet.moment.packet}, interface);
    // What is in a tunnel or in fragments stays blank: its headers are not on the list.
    if (segment && !decoder_.wrapped() && packet.moment.packet != doubtful_ && is_plausible(*segment)) {
      frame_.take(packet.frame, &*segment);
      fill();
      frame_.set_checksum(packet.frame, *segment);
    } else {
      frame_.take(packet.frame, nullptr);
      ++result_.blank_packets;
    }
    const auto own = kept_of(interface, packet.link_type);
    const auto found = std::ranges::find(interfaces_, own) - interfaces_.begin();
    writer_.write(static_cast<std::size_t>(found), heads_.time(packet), PacketHeads::size_on_wire(packet),
                  frame_.bytes);
  }

 private:
  /// Its numbers are near those of its connection: a header that was read out of a payload has others.
  bool is_plausible(const Segment& segment) {
    if (!has_sound_headers(segment) || !keeper_.is_understood(place_.connection)) return false;
    auto& directions = sequences_[place_.connection];
    auto& own = directions[static_cast<std::size_t>(place_.direction)];
    const auto& other = directions[1 - static_cast<std::size_t>(place_.direction)];
    const auto near = [](std::optional<std::uint32_t> known, std::uint32_t number) {
      constexpr std::uint32_t window = 1U << 26;
      return !known || number - *known + window < 2 * window;
    };
    const bool fits = segment.syn ||
                      (near(own, segment.sequence) && (!segment.ack || near(other, segment.acknowledgement)));
    if (fits) own = segment.sequence;
    return fits;
  }
  void fill() {
    if (!place_.at) return;  // before the first byte that was seen
    const auto kept = keeper_.fill(place_.connection, place_.direction, *place_.at, frame_.payload);
    result_.kept_bytes += kept;
    result_.blanked_bytes += frame_.payload.size() - kept;
  }

  const Keeper& keeper_;
  std::uint64_t doubtful_;
  Interfaces interfaces_;
  PacketWriter writer_;
  PacketHeads heads_;
  Redacted& result_;
  Place place_;
  Connections connections_{place_};
  std::map<ConnectionId, std::array<std::optional<std::uint32_t>, 2>> sequences_;  // last seen, by Direction
  RedactedFrame frame_;
  FrameDecoder decoder_;
};

void redact_capture(const std::string& in, const Keeper& keeper, NewFile& out, Redacted& result) {
  CaptureRedactor redactor(keeper, survey(in), out, result);
  const auto source = open_packets(open_packed(in), in);
  while (const auto* packet = source->next())
    redactor.packet(*packet, source->interfaces()[packet->interface]);
}

void redact_stream(const std::string& in, const Keeper& keeper, NewFile& out, Redacted& result) {
  const auto from = open_packed(in);
  std::vector<std::byte> buffer(1U << 18);
  std::uint64_t offset = 0;
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), from.file.get())) > 0;
       offset += n) {
    const auto piece = std::span(buffer).first(n);
    const auto kept = keeper.fill(ConnectionId{0}, Direction::forward, offset, piece);
    result.kept_bytes += kept;
    result.blanked_bytes += n - kept;
    out.append(piece);
  }
}

void read_into(std::vector<Consumer*> consumers, const std::string& path, std::string& warning) {
  CaptureDecoder analysis(std::move(consumers));
  static_cast<void>(analyse_file(path, analysis, warning));
}

}  // namespace

Redacted redact_file(const std::string& in, const std::string& out) {
  if (in == "-" || out == "-")
    throw std::runtime_error("redact reads its input twice: it needs files, not -");
  refuse_input_as_output(in, out);
  Redacted result;
  const bool stream = is_stream_file(in);
  if (!stream && !is_capture_file(in))
    throw std::runtime_error(
        in +
        ": is neither a capture nor a stream from its first byte on; redact what extract --what "
        "stream takes out of it");
  Keeper keeper;
  Structure before, after;
  read_into({&keeper, &before}, in, result.warning);
  NewFile file(out);
  if (stream) {
    redact_stream(in, keeper, file, result);
  } else {
    redact_capture(in, keeper, file, result);
  }
  file.flush();
  std::string warning;
  read_into({&after}, file.temporary(), warning);
  result.units = before.units();
  result.units_again = after.units();
  result.same_structure = before == after;
  file.commit();
  return result;
}

}  // namespace mig::replay
