// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "replay/input/capture_reader.hpp"
#include "replay/input/log_line.hpp"

namespace mig::replay {

/// One direction of one connection of a log: writes again what reached the receiver. Between two headers
/// stands what the log does not hold: contents of which the number is told.
///
/// The members return what is wrong with the line, or nothing.
class LogLane {
 public:
  /// Bytes between two headers that are believed.
  static constexpr std::uint64_t max_gap = 64ULL << 30;
  /// Headers that are kept of units that wait or come twice.
  static constexpr std::size_t max_kept = 1U << 16;

  LogLane(CaptureSink& sink, ConnectionId id, Direction direction, bool pages_listed)
      : sink_(sink), id_(id), direction_(direction), pages_listed_(pages_listed) {}

  [[nodiscard]] std::string unit(const LogLine& line, const Moment& moment);
  [[nodiscard]] std::string pages(const LogLine& line, const Moment& moment);
  /// The log ends while the connection is open.
  void finish() { tell_run(UINT64_MAX); }
  /// The connection has ended, and `sent` bytes of this direction had reached the receiver.
  [[nodiscard]] std::string close(std::uint64_t sent, bool encrypted, const Moment& moment);

 private:
  /// What becomes of the unit whose header was read last, and of its contents.
  enum class Fate : std::uint8_t {
    leaves,
    dropped,
    held,      // kept until it is released
    measured,  // cut somewhere: how much of it left the next line tells
  };
  enum class Level : std::uint8_t { leaf, section, package };
  /// Page records, or page offsets of a multifd packet, that the log has only counted.
  struct Counted {
    PagesCounted counts;
    std::string block;  ///< of the last
    std::uint64_t size = 0;
  };
  /// A header, and contents behind it.
  struct Piece {
    std::vector<std::byte> header;
    std::uint64_t contents = 0;
    std::optional<Counted> offsets;  ///< the first of them
    std::string event;
    bool part = false;  ///< of the unit before it
  };
  using Shape = std::vector<Piece>;

  [[nodiscard]] static Level level_of(std::string_view event);
  [[nodiscard]] static bool ends(Level level, std::string_view event);
  [[nodiscard]] static Fate fate_of(std::string_view decision);

  [[nodiscard]] std::string settle(const LogLine& line, const Moment& moment);
  [[nodiscard]] std::string own_unit(const LogLine& line, const Moment& moment);
  [[nodiscard]] Shape take(Shape& shape);
  [[nodiscard]] std::string keep(Shape& shape, const LogLine& line, std::vector<std::byte> header);
  [[nodiscard]] std::string leave(const LogLine& line, const Moment& moment);
  [[nodiscard]] std::string copy(const LogLine& line, const std::vector<std::byte>& header);
  [[nodiscard]] std::optional<Counted> offsets_of(const LogLine& line) const;
  void behind_header(std::uint64_t count, const Moment& moment);
  std::uint64_t announced(std::uint64_t count);
  void contents(std::uint64_t count, const Moment& moment);
  std::uint64_t offsets(const std::optional<Counted>& offsets, std::uint64_t room, const Moment& moment);
  void send(Bytes header, const Moment& moment);
  void send(const Shape& shape, std::uint64_t limit, const Moment& moment);
  void end_copy(const Moment& moment);
  void tell_run(std::uint64_t limit);
  void before(const LogLine& line, std::size_t size, const Moment& moment);
  void release(const LogLine& line, const Moment& moment);
  [[nodiscard]] std::vector<std::byte> header_of(const LogLine& line);

  CaptureSink& sink_;
  ConnectionId id_;
  Direction direction_;
  bool pages_listed_;
  std::uint64_t in_ = 0;   // of the sender's bytes so many are accounted for
  std::uint64_t out_ = 0;  // so many were told
  Fate fate_ = Fate::leaves;
  Moment left_at_;                  // the header that left last
  std::optional<Counted> offsets_;  // behind that header
  std::optional<Counted> run_;      // of pages, not told yet
  std::string block_;               // that the receiver takes a record without a name for
  std::optional<Level> copied_;
  Shape copy_, cut_;
  std::map<std::uint64_t, Shape> held_;  // by offset
  std::uint64_t holding_ = 0;
  std::size_t kept_ = 0;
};

}  // namespace mig::replay
