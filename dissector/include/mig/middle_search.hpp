// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/channel_parser.hpp"
#include "mig/ram_chains.hpp"

namespace mig {

/// What the bytes of a connection that was joined in its middle look like.
enum class Shape : std::uint8_t {
  none,
  file_header,  ///< it was not: this begins a main channel
  init_packet,  ///< it was not: this begins a multifd channel
  tls,          ///< it was not: this begins a TLS session
  elements,     ///< main channel: footers, commands
  records,      ///< RAM records: main or preempt channel
  packets,      ///< multifd channel
  messages,     ///< return path
};

struct MiddleState : ChannelState {
  using Run = class MiddleRun;
  enum class At : std::uint8_t { lost, found, failed };

  RamChains chains;
  Place place;
  At at = At::lost;
  Shape shape = Shape::none;
};
extern template class ChannelParser<MiddleState>;

/// One direction of a connection before it is known what it carries. It takes bytes until it has found that
/// out, and tells them as Unparsed; from then on feed() takes no more.
class MiddleSearch : public ChannelParser<MiddleState> {
 public:
  /// `nothing` are tables that know nothing; `offset` is that of the first byte.
  explicit MiddleSearch(StreamTables& nothing, std::uint64_t offset = 0);

  /// Takes from the front of `chunk`, all of it until the shape is found.
  void search(Bytes& chunk, EventSink& sink);
  [[nodiscard]] Shape shape() const noexcept { return state_.shape; }
  [[nodiscard]] const Place& place() const noexcept { return state_.place; }
  /// For the parser that takes over, with what is held.
  [[nodiscard]] const ChannelState& so_far() const noexcept { return state_; }
};

}  // namespace mig
