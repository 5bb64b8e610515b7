// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/pcapng_source.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "common/recording_mark.hpp"

namespace mig::replay {
namespace {

constexpr std::uint32_t section_block = 0x0a0d0d0a, interface_block = 1, old_packet_block = 2,
                        simple_packet_block = 3, packet_block = 6;
constexpr std::uint32_t own_order = 0x1a2b3c4d, other_order = 0x4d3c2b1a;
constexpr std::uint16_t option_end = 0, option_comment = 1, option_name = 2, option_description = 3,
                        option_resolution = 9, option_offset = 14;
constexpr std::uint32_t max_block = 16U << 20;
constexpr std::size_t max_interfaces = 65536;

/// Integers in the order of the section.
class Reader {
 public:
  void order(bool swapped) noexcept { swapped_ = swapped; }
  template <class T>
  [[nodiscard]] T load(Bytes b, std::size_t at) const noexcept {
    T value{};
    std::memcpy(&value, b.data() + at, sizeof value);
    if (!swapped_) return value;
    T out = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) out = static_cast<T>(out << 8 | (value >> (8 * i) & 0xff));
    return out;
  }

 private:
  bool swapped_ = false;
};

struct Interface {
  int link_type = 0;
  std::uint32_t snaplen = 0;
  std::uint8_t resolution = 6;  // 10^-n seconds; with the highest bit 2^-n
  std::int64_t offset = 0;      // seconds
  std::uint32_t name = 0;       // index into interfaces()
};

/// Parts of a second to the tick; ticks that are finer than nanoseconds are rounded down.
Time to_time(const Interface& i, std::uint64_t ticks) {
  const int n = i.resolution & 0x7f;
  const long double a_second = std::pow((i.resolution & 0x80) != 0 ? 2.0L : 10.0L, n);
  const auto whole = std::floor(static_cast<long double>(ticks) / a_second);
  const auto part = std::floor((static_cast<long double>(ticks) - whole * a_second) * 1e9L / a_second);
  constexpr std::int64_t limit = 4000000000;  // seconds
  const auto seconds = static_cast<std::int64_t>(std::min<long double>(whole, limit)) +
                       std::clamp<std::int64_t>(i.offset, -limit, limit);
  return std::chrono::seconds(seconds) + Time(static_cast<std::int64_t>(part));
}

class PcapngSource final : public PacketSource {
 public:
  PcapngSource(CompressedFile file, const std::string& path) : file_(std::move(file)), path_(path) {
    interfaces_.clear();
  }
  const Packet* next() override {
    while (const auto type = read_block()) {
      packet_.comments.clear();
      bool found = false;
      switch (*type) {
        case section_block: known_.clear(); break;
        case interface_block: add_interface(); break;
        case packet_block: found = enhanced_packet(); break;
        case simple_packet_block: found = simple_packet(); break;
        case old_packet_block: found = old_packet(); break;
        default: break;
      }
      if (found) return &packet_;
      if (!warning_.empty()) return nullptr;
    }
    return nullptr;
  }

 private:
  std::optional<std::uint32_t> read_block();
  bool read_order(std::array<std::byte, 12>& head);
  std::nullopt_t stop(const std::string& why);
  void add_interface();
  void option(Interface& interface, std::uint16_t code, Bytes value);
  template <class Each>
  void options(std::size_t at, Each each) const;
  bool enhanced_packet();
  bool simple_packet();
  bool old_packet();
  bool packet(std::uint32_t interface, std::uint64_t ticks, std::uint32_t captured, std::uint32_t size,
              std::size_t at);

  CompressedFile file_;
  std::string path_;
  Reader in_;
  std::vector<std::byte> block_;  // its body
  std::vector<Interface> known_;  // of this section
  std::uint64_t offset_ = 0;      // of the next block in the file
  Packet packet_;
};

std::nullopt_t PcapngSource::stop(const std::string& why) {
  warning_ = path_ + ": read only up to packet " + std::to_string(packet_.moment.packet) +
             ": block at offset " + std::to_string(offset_) + ": " + why;
  return std::nullopt;
}

/// A section says its byte order before its length can be read. `head` holds type, length and this.
bool PcapngSource::read_order(std::array<std::byte, 12>& head) {
  in_.order(false);
  const auto order = in_.load<std::uint32_t>(head, 8);
  in_.order(order == other_order);
  return order == own_order || order == other_order;
}

/// The type of the next block; nullopt at the end.
std::optional<std::uint32_t> PcapngSource::read_block() {
  std::array<std::byte, 12> head{};
  const auto got = std::fread(head.data(), 1, head.size(), file_.file.get());
  if (got == 0 && std::ferror(file_.file.get()) == 0) return std::nullopt;
  if (got < head.size()) return stop("cut short");
  if (in_.load<std::uint32_t>(head, 0) == section_block && !read_order(head))
    return stop("unknown byte order");
  const auto type = in_.load<std::uint32_t>(head, 0), length = in_.load<std::uint32_t>(head, 4);
  if (length < 12 || length % 4 != 0 || length > max_block)
    return stop("impossible length " + std::to_string(length));
  block_.resize(length - 8);  // the last four are the length once more
  std::copy_n(head.begin() + 8, 4, block_.begin());
  const auto rest = block_.size() - 4;
  if (std::fread(block_.data() + 4, 1, rest, file_.file.get()) != rest) return stop("cut short");
  block_.resize(length - 12);
  offset_ += length;
  return type;
}

template <class Each>
void PcapngSource::options(std::size_t at, Each each) const {
  const Bytes all(block_);
  while (at + 4 <= all.size()) {
    const auto code = in_.load<std::uint16_t>(all, at), size = in_.load<std::uint16_t>(all, at + 2);
    at += 4;
    if (code == option_end || at + size > all.size()) return;
    each(code, all.subspan(at, size));
    at += (size + 3U) & ~3U;
  }
}

void PcapngSource::option(Interface& interface, std::uint16_t code, Bytes value) {
  if (code == option_name) interfaces_[interface.name].name = as_text(value);
  if (code == option_description)
    interfaces_[interface.name].pages_recorded = !as_text(value).ends_with(pages_not_recorded);
  if (code == option_resolution && !value.empty()) interface.resolution = load_u8(value);
  if (code == option_offset && value.size() == 8) interface.offset = in_.load<std::int64_t>(value, 0);
}

void PcapngSource::add_interface() {
  const Bytes b(block_);
  if (b.size() < 8 || interfaces_.size() >= max_interfaces) {
    stop("a damaged or one interface too many");
    return;
  }
  Interface interface;
  interface.link_type = in_.load<std::uint16_t>(b, 0);
  interface.snaplen = in_.load<std::uint32_t>(b, 4);
  interface.name = static_cast<std::uint32_t>(interfaces_.size());
  interfaces_.emplace_back();
  options(8, [&](std::uint16_t code, Bytes value) { option(interface, code, value); });
  known_.push_back(interface);
}

bool PcapngSource::packet(std::uint32_t interface, std::uint64_t ticks, std::uint32_t captured,
                          std::uint32_t size, std::size_t at) {
  if (interface >= known_.size() || captured > block_.size() - at) {
    stop(interface >= known_.size() ? "a packet of an unknown interface" : "a packet longer than its block");
    return false;
  }
  const auto& from = known_[interface];
  packet_.moment.time = to_time(from, ticks);
  ++packet_.moment.packet;
  packet_.frame = Bytes(block_).subspan(at, captured);
  packet_.size_on_wire = std::max(size, captured);
  packet_.link_type = from.link_type;
  packet_.interface = from.name;
  options(at + ((captured + 3U) & ~3U), [&](std::uint16_t code, Bytes value) {
    if (code == option_comment) packet_.comments.push_back(as_text(value));
  });
  return true;
}

bool PcapngSource::enhanced_packet() {
  const Bytes b(block_);
  if (b.size() < 20) return stop("cut short"), false;
  const auto ticks =
      static_cast<std::uint64_t>(in_.load<std::uint32_t>(b, 4)) << 32 | in_.load<std::uint32_t>(b, 8);
  return packet(in_.load<std::uint32_t>(b, 0), ticks, in_.load<std::uint32_t>(b, 12),
                in_.load<std::uint32_t>(b, 16), 20);
}

/// No time and no interface: the first one's, and the time of the packet before.
bool PcapngSource::simple_packet() {
  const Bytes b(block_);
  if (b.size() < 4 || known_.empty()) return stop("cut short"), false;
  const auto size = in_.load<std::uint32_t>(b, 0), snaplen = known_.front().snaplen;
  const auto most = static_cast<std::uint32_t>(b.size() - 4);
  const auto time = packet_.moment.time;
  const bool found = packet(0, 0, std::min({size, snaplen != 0 ? snaplen : size, most}), size, 4);
  packet_.moment.time = time;
  return found;
}

bool PcapngSource::old_packet() {
  const Bytes b(block_);
  if (b.size() < 20) return stop("cut short"), false;
  const auto ticks =
      static_cast<std::uint64_t>(in_.load<std::uint32_t>(b, 4)) << 32 | in_.load<std::uint32_t>(b, 8);
  return packet(in_.load<std::uint16_t>(b, 0), ticks, in_.load<std::uint32_t>(b, 12),
                in_.load<std::uint32_t>(b, 16), 20);
}

}  // namespace

bool is_pcapng(std::string_view first) noexcept { return first.starts_with("\x0a\x0d\x0d\x0a"); }

std::unique_ptr<PacketSource> open_pcapng(CompressedFile file, const std::string& path) {
  return std::make_unique<PcapngSource>(std::move(file), path);
}

}  // namespace mig::replay
