// SPDX-License-Identifier: GPL-2.0-or-later
// The two ends of a relayed connection: plain blocking sockets. Every wait is bounded, none is asserted on.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::proxy::test {

/// One connected socket; a failed operation throws, which ends the test.
class Peer {
 public:
  explicit Peer(int fd);
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&& other) noexcept;
  ~Peer();

  void send(std::string_view bytes);
  /// As much as goes without waiting more than `quiet_ms` for room.
  std::size_t push(std::size_t at_most, int quiet_ms = 300);
  /// Exactly so many bytes.
  std::string receive(std::size_t size);
  /// Until end of stream.
  std::string receive_all();
  /// The error of a read: 0 for end of stream, else errno (ECONNRESET). Bytes before it are thrown away.
  int wait_for_end();
  /// True when nothing can be read for `ms`.
  bool is_silent(int ms = 200);
  void end_sending();
  void reset();
  void close();
  void set_buffers(int bytes);

 private:
  int fd_;
};

/// Where peers are accepted; "127.0.0.1:0", "[::1]:0" or "unix:/path".
class PeerListener {
 public:
  explicit PeerListener(const std::string& address = "127.0.0.1:0", int backlog = 128, int buffers = 0);
  ~PeerListener();
  PeerListener(const PeerListener&) = delete;
  PeerListener& operator=(const PeerListener&) = delete;

  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  Peer accept();
  bool nobody_comes(int ms = 200);

 private:
  int fd_;
  std::string address_;
};

/// Throws when refused; `buffers` sets small socket buffers.
Peer connect_to(const std::string& address, int buffers = 0);
/// An address on which nobody listens.
std::string dead_address();
std::string random_bytes(std::size_t size, std::uint32_t seed);
/// A fresh folder, removed at exit.
std::string scratch_folder();

}  // namespace mig::proxy::test
