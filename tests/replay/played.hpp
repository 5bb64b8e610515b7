// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "replay/capture_decoder.hpp"
#include "support/stream_builder.hpp"

namespace mig::test {

/// A capture that a test tells: connections, bytes, and the millisecond at which each came.
class Played {
 public:
  explicit Played(std::vector<replay::Consumer*> consumers) : analysis_(std::move(consumers)) {
    analysis_.started({});
  }
  /// Until the next call bytes come at this time.
  Played& at(double ms) {
    moment_.time = std::chrono::nanoseconds(static_cast<std::int64_t>(ms * 1e6));
    return *this;
  }
  Played& connect(std::uint32_t id) {
    replay::ConnectionInfo info;
    info.client.port = static_cast<std::uint16_t>(50000 + id);
    info.server.port = 4444;
    analysis_.opened(ConnectionId{id}, info, next());
    return *this;
  }
  Played& source(Bytes bytes, std::uint32_t id = 0) {
    analysis_.data(ConnectionId{id}, Direction::forward, bytes, next());
    return *this;
  }
  Played& destination(Bytes bytes, std::uint32_t id = 0) {
    analysis_.data(ConnectionId{id}, Direction::return_path, bytes, next());
    return *this;
  }
  Played& lost(std::uint64_t count, std::uint32_t id = 0) {
    analysis_.missing(ConnectionId{id}, Direction::forward, count, next());
    return *this;
  }
  Played& breaks(std::uint32_t id = 0) {
    analysis_.closed(ConnectionId{id}, true, next());
    return *this;
  }
  void end() { analysis_.finish(moment_.time); }

 private:
  replay::Moment next() {
    ++moment_.packet;
    return moment_;
  }
  replay::CaptureDecoder analysis_;
  replay::Moment moment_;
};

/// A migration of one RAM block of 64 pages, up to its first precopy section.
[[nodiscard]] inline StreamBuilder small_guest() {
  return StreamBuilder().file_header().configuration().open_return_path().ping(1).advise().ram_setup(
      1, {{"pc.ram", 64 * StreamBuilder::page_size}});
}
[[nodiscard]] inline std::uint64_t page_at(std::uint64_t number) { return number * StreamBuilder::page_size; }

}  // namespace mig::test
