// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/secret_damage.hpp"

#include <algorithm>
#include <array>

namespace mig::test {
namespace {

using namespace replay;
using SecretBytes = std::vector<std::byte>;

struct SecretFrame {
  SecretBytes bytes;
  std::uint64_t time_ns = 0;
  std::uint32_t size_on_wire = 0;
  std::uint32_t link_type = 1;
};
constexpr std::size_t headers = 14 + 20 + 20;

void put(SecretBytes& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}
void put_little(SecretBytes& out, std::uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}
void set(SecretBytes& bytes, std::size_t at, std::uint64_t value, unsigned size) {
  SecretBytes number;
  put(number, value, size);
  if (at + size <= bytes.size()) std::ranges::copy(number, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}
/// What TCP would make of the streams, one round trip after the other.
class Packets {
 public:
  explicit Packets(const SecretStreams& streams) : streams_(streams), sent_(streams.connections.size()) {
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      sent_[i] = {1000, 2000};
      packet(i, Direction::forward, 0x02, {}), ++sent_[i][0];
      packet(i, Direction::return_path, 0x12, {}), ++sent_[i][1];
    }
    for (const auto& piece : streams.pieces) {
      for (Bytes rest = piece.bytes; !rest.empty();
           rest = rest.subspan(std::min<std::size_t>(1448, rest.size())))
        packet(piece.connection, piece.way, 0x18, rest.first(std::min<std::size_t>(1448, rest.size())));
    }
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      packet(i, Direction::forward, 0x11, {});
      packet(i, Direction::return_path, 0x11, {});
    }
  }
  std::vector<SecretFrame> frames;

 private:
  void packet(std::size_t i, Direction way, unsigned flags, Bytes payload) {
    const auto [client, server] = streams_.connections[i];
    const bool forward = way == Direction::forward;
    const auto& from = forward ? client : server;
    const auto& to = forward ? server : client;
    auto& own = sent_[i][forward ? 0 : 1];
    SecretFrame frame;
    auto& out = frame.bytes;
    put(out, forward ? 0x020000000001 : 0x020000000002, 6),
        put(out, forward ? 0x020000000002 : 0x020000000001, 6);
    put(out, 0x0800, 2), put(out, 0x4500, 2), put(out, 40 + payload.size(), 2), put(out, 0x00004000, 4);
    put(out, 0x40060000, 4);
    for (const auto* end : {&from, &to})
      for (std::size_t k = 0; k < 4; ++k) put(out, end->address[k], 1);
    put(out, from.port, 2), put(out, to.port, 2), put(out, own, 4);
    put(out, (flags & 0x10) != 0 ? sent_[i][forward ? 1 : 0] : 0, 4);
    put(out, 0x50, 1), put(out, flags, 1), put(out, 0xffff, 2), put(out, 0, 4);
    out.insert(out.end(), payload.begin(), payload.end());
    std::uint32_t sum = 0;
    for (std::size_t k = 14; k < 34; k += 2) sum += load_be16(out, k);
    set(out, 24, ~(sum % 0xffff), 2);
    own += static_cast<std::uint32_t>(payload.size());
    frame.size_on_wire = static_cast<std::uint32_t>(out.size());
    frame.time_ns = time_ += 1000000;
    frames.push_back(std::move(frame));
  }
  const SecretStreams& streams_;
  std::vector<std::array<std::uint32_t, 2>> sent_;  // next sequence number
  std::uint64_t time_ = 1700000000ULL * 1000000000;
};

// ---- damages ----

class Damage {
 public:
  Damage(SecretStreams streams, const Decisions& decide) : streams_(std::move(streams)), decide_(decide) {}

  DamagedCapture capture() {
    const auto times = 1 + any(3);
    std::array<std::size_t, 3> chosen{};
    for (std::size_t i = 0; i < times; ++i) chosen[i] = any(std::size(steps));
    const auto apply = [&](Stage stage) {
      for (std::size_t i = 0; i < times; ++i) {
        const auto& step = steps[chosen[i]];
        if (step.stage != stage) continue;
        out_.damages += std::string(out_.damages.empty() ? "" : ", ") + step.name;
        (this->*step.apply)();
      }
    };
    apply(Stage::stream);
    frames_ = Packets(streams_).frames;
    apply(Stage::frames);
    write();
    apply(Stage::file);
    return std::move(out_);
  }

 private:
  enum class Stage { stream, frames, file };
  struct Step {
    const char* name;
    Stage stage;
    void (Damage::*apply)();
  };
  static const Step steps[18];

  std::size_t any(std::size_t n) { return n == 0 ? 0 : decide_() % n; }
  std::ptrdiff_t place(std::size_t n) { return static_cast<std::ptrdiff_t>(any(n)); }
  SecretFrame& any_frame() { return frames_[any(frames_.size())]; }
  /// One with at least `size` bytes of payload, if there is any.
  std::size_t any_data(std::size_t size = 1) {
    for (int i = 0; i < 1000; ++i) {
      const auto at = any(frames_.size());
      if (frames_[at].bytes.size() >= headers + size) return at;
    }
    return 0;
  }
  SecretBytes& any_piece() { return streams_.pieces[any(streams_.pieces.size())].bytes; }

  // The stream itself, so that no sequence number shows it.
  void cut_from_stream() {
    auto& bytes = any_piece();
    const auto at = place(bytes.size());
    bytes.erase(bytes.begin() + at,
                bytes.begin() + std::min<std::ptrdiff_t>(at + 1 + place(5000), std::ssize(bytes)));
  }
  void put_into_stream() {
    auto& bytes = any_piece();
    const auto garbage = secret_bytes(1 + any(3000));
    bytes.insert(bytes.begin() + place(bytes.size() + 1), garbage.begin(), garbage.end());
  }
  void flip_in_stream() {
    for (auto n = 1 + any(8); n-- > 0;) {
      auto& bytes = any_piece();
      if (!bytes.empty()) bytes[any(bytes.size())] ^= std::byte(1U << any(8));
    }
  }

  // Packets.
  void flip_bits() {
    for (auto n = 1 + any(8); n-- > 0;) {
      auto& bytes = any_frame().bytes;
      bytes[any(bytes.size())] ^= std::byte(1U << any(8));
    }
  }
  void cut_front() { frames_.erase(frames_.begin(), frames_.begin() + place(frames_.size())); }
  void snaplen() {
    const auto size = 40 + any(any(2) == 0 ? 60 : 1400);
    for (auto& frame : frames_) frame.bytes.resize(std::min(frame.bytes.size(), size));
  }
  void drop() {
    for (auto n = 1 + any(20); n-- > 0 && frames_.size() > 1;)
      frames_.erase(frames_.begin() + place(frames_.size()));
  }
  void send_twice() {
    for (auto n = 1 + any(10); n-- > 0;) {
      const auto at = any_data();
      auto copy = frames_[at];
      std::ranges::copy(
          secret_bytes(copy.bytes.size() - std::min(headers, copy.bytes.size())),
          copy.bytes.begin() + static_cast<std::ptrdiff_t>(std::min(headers, copy.bytes.size())));
      frames_.insert(frames_.begin() + static_cast<std::ptrdiff_t>(at + any(2)), std::move(copy));
    }
  }
  void overlap() {
    for (auto n = 1 + any(10); n-- > 0;) {
      const auto at = any_data(20);
      auto copy = frames_[at];
      if (copy.bytes.size() < headers) continue;  // cut by the snaplen
      set(copy.bytes, 38, load_be32(copy.bytes, 38) + any(20), 4);
      frames_.insert(frames_.begin() + static_cast<std::ptrdiff_t>(at + any(2)), std::move(copy));
    }
  }
  void reorder() {
    for (auto n = 1 + any(20); n-- > 0;) {
      const auto at = any(frames_.size() - 1);
      std::swap(frames_[at], frames_[std::min(frames_.size() - 1, at + 1 + any(5))]);
    }
  }
  void trailer() {
    for (auto& frame : frames_) {
      const auto more = secret_bytes(1 + any(100));
      if (any(3) == 0 && frame.bytes.size() == frame.size_on_wire)
        frame.bytes.insert(frame.bytes.end(), more.begin(), more.end());
      frame.size_on_wire = std::max(frame.size_on_wire, static_cast<std::uint32_t>(frame.bytes.size()));
    }
  }
  void reset() {
    auto copy = frames_[any_data()];
    copy.bytes.resize(headers);
    set(copy.bytes, 16, 40, 2), set(copy.bytes, 24, 0, 2), set(copy.bytes, 47, 0x14, 1);
    frames_.insert(frames_.begin() + place(frames_.size()), std::move(copy));
  }
  void wrong_checksum() {
    for (auto& frame : frames_) set(frame.bytes, 50, any(65536), 2);
  }
  void long_header() {
    for (auto n = 1 + any(5); n-- > 0;) set(frames_[any_data()].bytes, 46, (6 + any(10)) << 4, 1);
  }
  void other_protocols() {
    for (auto n = 1 + any(20); n-- > 0;) {
      auto copy = any_frame();
      set(copy.bytes, any(2) == 0 ? 12 : 23, any(250), 1);         // EtherType, protocol
      if (any(3) == 0) set(copy.bytes, 20, 0x2000 + any(200), 2);  // a fragment
      const auto more = secret_bytes(200);
      copy.bytes.insert(copy.bytes.end(), more.begin(), more.end());
      copy.size_on_wire = static_cast<std::uint32_t>(copy.bytes.size());
      frames_.insert(frames_.begin() + place(frames_.size()), std::move(copy));
    }
  }
  void other_link_types() {
    constexpr std::array types{0U, 12U, 101U, 113U, 147U, 228U, 276U};
    const auto type = types[any(types.size())];
    const auto every = any(3);
    for (auto& frame : frames_) frame.link_type = every == 0 || any(2) == 0 ? type : 1;
    if (every == 0) return;
    pcapng_ = true;
  }
  void remarks() { pcapng_ = true; }

  // The file, whose packets are then not where their headers say.
  void damage_file() {
    auto& file = out_.file;
    constexpr std::size_t head = 200, longest_cut = 300;
    if (file.size() <= head + longest_cut) return;
    const auto at = static_cast<std::ptrdiff_t>(head + any(file.size() - head - longest_cut));
    const auto more = secret_bytes(1 + any(200));
    out_.packets_fit = false;
    switch (any(3)) {
      case 0: file.erase(file.begin() + at, file.end()); break;
      case 1: file.erase(file.begin() + at, file.begin() + at + 1 + place(longest_cut)); break;
      default: file.insert(file.begin() + at, more.begin(), more.end()); break;
    }
  }

  void write() {
    if (pcapng_) return write_pcapng();
    auto& out = out_.file;
    put_little(out, 0xa1b23c4d, 4), put_little(out, 2, 2), put_little(out, 4, 2), put_little(out, 0, 8);
    put_little(out, 262144, 4), put_little(out, frames_.front().link_type, 4);
    for (const auto& frame : frames_) {
      put_little(out, frame.time_ns / 1000000000, 4), put_little(out, frame.time_ns % 1000000000, 4);
      put_little(out, frame.bytes.size(), 4), put_little(out, frame.size_on_wire, 4);
      out.insert(out.end(), frame.bytes.begin(), frame.bytes.end());
    }
  }
  void block(std::uint32_t type, SecretBytes body) {
    body.resize((body.size() + 3) / 4 * 4);
    put_little(out_.file, type, 4), put_little(out_.file, body.size() + 12, 4);
    out_.file.insert(out_.file.end(), body.begin(), body.end());
    put_little(out_.file, body.size() + 12, 4);
  }
  static void option(SecretBytes& body, unsigned code, const SecretBytes& value) {
    body.resize((body.size() + 3) / 4 * 4);
    put_little(body, code, 2), put_little(body, value.size(), 2);
    body.insert(body.end(), value.begin(), value.end());
    body.resize((body.size() + 3) / 4 * 4);
  }
  void write_pcapng() {
    SecretBytes section;
    put_little(section, 0x1a2b3c4d, 4), put_little(section, 1, 4), put_little(section, ~0ULL, 8);
    option(section, 1, secret_bytes(40)), option(section, 0, {});
    block(0x0a0d0d0a, section);
    std::vector<std::uint32_t> interfaces;
    for (const auto& frame : frames_) {
      if (std::ranges::find(interfaces, frame.link_type) != interfaces.end()) continue;
      interfaces.push_back(frame.link_type);
      SecretBytes interface;
      put_little(interface, frame.link_type, 4), put_little(interface, 262144, 4);
      option(interface, 3, secret_bytes(30)), option(interface, 9, {std::byte{9}}), option(interface, 0, {});
      block(1, interface);
    }
    block(4, secret_bytes(64));    // names
    block(10, secret_bytes(128));  // decryption secrets
    for (const auto& frame : frames_) {
      SecretBytes packet;
      const auto own = std::ranges::find(interfaces, frame.link_type) - interfaces.begin();
      put_little(packet, static_cast<std::uint64_t>(own), 4), put_little(packet, frame.time_ns >> 32, 4);
      put_little(packet, frame.time_ns & 0xffffffff, 4), put_little(packet, frame.bytes.size(), 4);
      put_little(packet, frame.size_on_wire, 4);
      packet.insert(packet.end(), frame.bytes.begin(), frame.bytes.end());
      if (any(4) == 0) option(packet, 1, secret_bytes(20)), option(packet, 0, {});
      block(6, packet);
    }
  }

  SecretStreams streams_;
  const Decisions& decide_;
  std::vector<SecretFrame> frames_;
  DamagedCapture out_;
  bool pcapng_ = false;
};

const Damage::Step Damage::steps[18] = {
    {"cut from stream", Stage::stream, &Damage::cut_from_stream},
    {"put into stream", Stage::stream, &Damage::put_into_stream},
    {"flipped in stream", Stage::stream, &Damage::flip_in_stream},
    {"bits flipped", Stage::frames, &Damage::flip_bits},
    {"front cut", Stage::frames, &Damage::cut_front},
    {"snaplen", Stage::frames, &Damage::snaplen},
    {"packets dropped", Stage::frames, &Damage::drop},
    {"sent twice", Stage::frames, &Damage::send_twice},
    {"overlap", Stage::frames, &Damage::overlap},
    {"reordered", Stage::frames, &Damage::reorder},
    {"trailers", Stage::frames, &Damage::trailer},
    {"reset", Stage::frames, &Damage::reset},
    {"wrong checksums", Stage::frames, &Damage::wrong_checksum},
    {"long headers", Stage::frames, &Damage::long_header},
    {"other protocols", Stage::frames, &Damage::other_protocols},
    {"other link types", Stage::frames, &Damage::other_link_types},
    {"pcapng with remarks", Stage::frames, &Damage::remarks},
    {"file damaged", Stage::file, &Damage::damage_file},
};

}  // namespace

DamagedCapture damaged_capture(SecretStreams streams, const Decisions& decide) {
  return Damage(std::move(streams), decide).capture();
}

}  // namespace mig::test
