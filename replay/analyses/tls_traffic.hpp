// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/stream_ids.hpp"

namespace mig::replay {

/// What TLS does not hide of a connection: the name that the client asks for, and its records (RFC 8446, 5.1)
/// by number and size.
class TlsTraffic {
 public:
  /// Bytes of one direction, in order.
  void add(Direction direction, Bytes bytes);
  void missing(Direction direction, std::uint64_t count);

  /// From the ClientHello; empty: none was sent, or it was not captured.
  [[nodiscard]] std::string server_name() const;
  /// Nothing but a handshake, and what follows a failed one, was sent to the server.
  [[nodiscard]] bool only_handshake() const noexcept;
  /// What the sizes point to, one clause; empty: nothing.
  [[nodiscard]] std::string what_sizes_say() const;

 private:
  static constexpr std::size_t header_size = 5, max_hello = 4096;
  struct Records {
    std::vector<std::byte> header;
    std::uint64_t left = 0;  // of the record that is open
    bool lost = false;       // no longer at a record's begin
    std::uint64_t encrypted = 0, full = 0, as_pong = 0;
  };
  void begin(Records& records);
  void keep_hello(Bytes bytes);

  std::array<Records, 2> records_;  // by Direction
  std::vector<std::byte> hello_;
};

}  // namespace mig::replay
