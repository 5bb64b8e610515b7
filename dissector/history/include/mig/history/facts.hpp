// SPDX-License-Identifier: GPL-2.0-or-later
// What was seen of one migration at one place, as a small copyable value: the ground of every verdict.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "mig/basic_connection.hpp"
#include "mig/events.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// The two QEMUs of a migration.
enum class Peer : std::uint8_t { source, destination };

/// When something was seen. `packet` is the capture's number of it, 0 where there is none.
struct When {
  std::int64_t ns = 0;  ///< since the Unix epoch
  std::uint64_t packet = 0;
};
using Sighting = std::optional<When>;

/// One side's end of a TCP connection: its FIN, or a reset that it sent.
struct PeerEnd {
  Peer by = Peer::source;
  bool reset = false;
  When when;
};

/// Where and when something was seen.
struct Place {
  ConnectionId connection{};
  ChannelKind channel = ChannelKind::unknown;
  Direction direction = Direction::forward;
  std::uint64_t offset = 0;  ///< in its direction of the connection
  When when{};
};

/// By Direction. Bytes that were sent and not acknowledged, and since when none was.
struct Backlog {
  std::uint64_t bytes = 0;
  When since;
  bool zero_window = false;
};

/// The main channel's and the return path's turning points, each with its first (recovery: last) moment.
struct Facts {
  // Source to destination.
  Sighting begun;           ///< the file header
  Sighting iterating;       ///< the first PART
  Sighting switchover;      ///< SWITCHOVER_START, a discard list, the end of an iterative section, a device
  Sighting package_begun;   ///< PACKAGED
  Sighting package_ended;   ///< its last byte
  Sighting behind_package;  ///< the first section that the source sent when the package was out
  Sighting eof;             ///< the EOF mark
  Sighting described;       ///< the last byte of the VM description
  Sighting recovery;        ///< the newest RECV_BITMAP or POSTCOPY_RESUME
  std::uint64_t description_left = 0;  ///< bytes of the VM description that have not come
  bool return_path = false, advised = false;
  bool ping_loaded = false;     ///< the package holds PING 0x42
  bool ping_listening = false;  ///< the package holds PING 3
  bool run = false;             ///< the package holds POSTCOPY_RUN
  bool has_ram = false;         ///< a section of `ram` began
  bool ram_open = false;        ///< between the START and the END of `ram`
  bool guest_goes_on = false;   ///< EOF came while `ram` was open: a background snapshot
  bool ram_rests = false;       ///< in postcopy: the last PART ended, and its footer has not come
  unsigned cpus = 0;            ///< sections `cpu` of the package

  // Destination to source.
  Sighting pong_devices;  ///< PONG 3: the sections of the package were loaded
  Sighting pong_loaded;   ///< PONG 0x42
  Sighting page_request;  ///< the first one
  Sighting shut;
  std::uint32_t shut_value = 0;
  Sighting resumed;          ///< the newest RESUME_ACK
  Sighting invalid_message;  ///< what a source refuses to read

  When last_sent, last_answered;   ///< by the source and by the destination, on the main channel
  std::int64_t longest_pause = 0;  ///< ns, of the source since the package was out

  // The newest main connection, and the others.
  std::optional<PeerEnd> first_end, second_end;
  std::optional<PeerEnd> preempt_end, multifd_end;
  std::array<std::optional<Backlog>, 2> backlog{};  ///< by Direction, at the end of the capture
  std::array<std::optional<EventBody>, 2> last{};   ///< by Direction: the last unit

  // How much of it is known.
  bool from_the_start = true;
  std::array<bool, 2> gaps{};  ///< by Direction: bytes are missing, or could not be read
  bool lacks_bytes = false;    ///< some are missing
  /// A device section began in a stream without section footers: it has no end that could be read, so all
  /// that follows may be in it.
  bool unbounded = false;

  [[nodiscard]] bool open() const noexcept { return !first_end; }
  /// Whoever answers with it, or asks for pages, has the whole package.
  [[nodiscard]] bool has_package() const noexcept {
    return package_ended || pong_loaded || pong_devices || recovery;
  }
  /// The source has had nothing to send for more than a second, at the end or before it.
  [[nodiscard]] bool all_ram_sent(std::int64_t capture_end) const noexcept {
    return ram_rests && (first_end ? first_end->when.ns : capture_end) - last_sent.ns > pause;
  }
  /// Nothing moved on the main channel for more than a second.
  [[nodiscard]] bool is_silent(std::int64_t now) const noexcept {
    return now - std::max(last_sent.ns, last_answered.ns) > pause;
  }
  static constexpr std::int64_t pause = 1'000'000'000;
  /// Not every unit of the main channel was seen.
  [[nodiscard]] bool has_gaps() const noexcept { return !from_the_start || gaps[0] || gaps[1]; }
  [[nodiscard]] bool known_in_full() const noexcept { return !has_gaps() && !unbounded; }
};

/// A unit of the migration passed. `tables` are those of its migration.
void note(Facts& facts, const Place& at, const Event& event, const StreamTables& tables);
/// A connection of kind main-resumed was opened: what ended before has been taken up again.
void note_reconnect(Facts& facts) noexcept;
/// One side ended a connection.
void note_end(Facts& facts, ChannelKind channel, const PeerEnd& end) noexcept;

}  // namespace mig
