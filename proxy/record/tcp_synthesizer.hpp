// SPDX-License-Identifier: GPL-2.0-or-later
// One leg of a connection as the packets that a capture would show.
#pragma once
#include <array>
#include <cstdint>
#include <utility>

#include "mig/events.hpp"
#include "proxy/record/packet.hpp"
#include "proxy/record/page_cutter.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

/// Where the bytes of a packet stand in their direction of the leg.
struct Extent {
  Direction direction = Direction::forward;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< begin: a packet without bytes
};

/// One end of a leg, as a capture would show it. The end of a unix socket gets an address that is reserved
/// for documentation (RFC 5737), and a port of its own for each connection.
[[nodiscard]] HostPort leg_end(const LegKey& leg, bool is_client, const Endpoint& endpoint);

/// Sequence numbers begin at 0 with the SYN: a byte's number is its offset in the stream plus one, modulo
/// 2^32. Every piece is acknowledged at once by the leg's other end; that says only that migproxy has read it
/// from, or handed it to, its kernel.
class TcpSynthesizer {
 public:
  class Sink {
   public:
    /// Of `payload` only the first `kept` bytes are to be recorded.
    virtual void packet(const TcpSynthesizer& leg, const TcpHead& head, const Extent& extent, Bytes payload,
                        std::size_t kept) = 0;

   protected:
    ~Sink() = default;
  };

  /// `client` is the end that opened the leg, and sends the forward direction.
  TcpSynthesizer(Sink& sink, const LegKey& key, const HostPort& client, const HostPort& server)
      : sink_(&sink), key_(key), client_(client), server_(server) {}

  void open();
  /// `pieces` cover `bytes`.
  void carry(Direction direction, Bytes bytes, const std::vector<KeptPiece>& pieces);
  void end(Direction direction);
  void reset(Direction direction);
  /// A packet without bytes, to hang a comment on. False where none can be sent any more.
  bool remark(Direction direction);
  /// Ends what has not ended.
  void close();

  [[nodiscard]] const LegKey& key() const noexcept { return key_; }

 private:
  struct Half {
    std::uint64_t bytes = 0;
    std::uint32_t sequence = 0;  // of what comes next
    bool ended = false;
  };
  Half& half(Direction direction) noexcept { return halves_[static_cast<std::size_t>(direction)]; }
  void emit(Direction direction, std::uint8_t flags, Bytes payload = {}, std::size_t kept = 0);

  Sink* sink_;
  LegKey key_;
  HostPort client_;
  HostPort server_;
  std::array<Half, 2> halves_{};
  std::uint16_t window_ = 0xffff;
  bool open_ = false;
};

}  // namespace mig::proxy
