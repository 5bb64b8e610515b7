// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <bit>
#include <utility>

#include "layout/lengths.hpp"
#include "mig/wire.hpp"
#include "probes.hpp"

namespace mig {
namespace {

/// The bits of evidence that make a resync point certain enough, and the minimum of messages.
constexpr unsigned enough_message_bits = 64;
constexpr unsigned enough_messages = 2;

/// Walks over the messages that may stand at one place, and adds up the bits of them that could not be other.
class MessageWalk {
 public:
  explicit MessageWalk(Lookahead& ahead) noexcept : ahead_(ahead) {}

  Probe judge() {
    auto match = bitmap_mark();
    const auto anchor = match == Match::yes ? Anchor::bitmap_end : Anchor::messages;
    if (match == Match::no) match = Match::yes;
    while (match == Match::yes && !certain()) match = message();
    return {match, {anchor, Pattern::messages}};
  }

 private:
  /// SHUT is the last message: the stream's end behind it is worth another.
  [[nodiscard]] bool certain() const noexcept {
    const bool ends = shut_ && ahead_.ends(at_);
    return bits_ + (ends ? 16U : 0U) >= enough_message_bits &&
           messages_ + (ends ? 1U : 0U) >= enough_messages;
  }

  /// Its eight bytes stand in the memory of guests too, so it is worth a message and no more.
  Match bitmap_mark() {
    const auto first = ahead_.need(0, 2);
    if (!first) return ahead_.incomplete();
    if (load_be16(*first) != wire::recv_bitmap_end >> 48) return Match::no;
    const auto mark = ahead_.need(0, 8);
    if (!mark) return ahead_.incomplete();
    if (load_be64(*mark) != wire::recv_bitmap_end) return Match::no;
    at_ = 8;
    bits_ = 48;
    messages_ = 1;
    return Match::yes;
  }

  Match message() {
    if (ahead_.ends(at_)) return Match::no;
    const auto head = ahead_.need(at_, message_header_size);
    if (!head) return ahead_.incomplete();
    const auto type = static_cast<MessageType>(load_be16(*head));
    const auto length = load_be16(*head, 2);
    if (!message_length_fits(type, length)) return Match::no;
    const auto body = at_ + message_header_size;
    if (shut_) return Match::no;  // nothing follows it
    shut_ = type == MessageType::shut;
    const auto before = std::exchange(size_, message_header_size + length);
    if (before == size_ && repeats()) return Match::no;
    at_ = body + length;
    bits_ += 28;
    ++messages_;
    switch (type) {
      case MessageType::shut:
      case MessageType::pong:
      case MessageType::resume_ack: return value(body);
      case MessageType::req_pages:
      case MessageType::req_pages_id: return request(body, length);
      case MessageType::recv_bitmap: return name(body, length);
      case MessageType::switchover_ack: break;
    }
    return Match::yes;
  }

  /// The same message twice, one behind the other, is a pattern in memory and no return path.
  bool repeats() noexcept {
    const auto both = ahead_.need(at_ - size_, 2 * size_);
    return both && std::equal(both->begin(), both->begin() + static_cast<std::ptrdiff_t>(size_),
                              both->begin() + static_cast<std::ptrdiff_t>(size_));
  }

  /// be32; those of QEMU are small.
  Match value(std::size_t at) {
    const auto raw = ahead_.need(at, 4);
    if (!raw) return ahead_.incomplete();
    if (load_be32(*raw) < 0x100) bits_ += 24;
    return Match::yes;
  }

  /// be64 start, be32 length, a page's [, cstr block].
  Match request(std::size_t at, std::uint16_t length) {
    const auto raw = ahead_.need(at, 12);
    if (!raw) return ahead_.incomplete();
    const auto size = load_be32(*raw, 8);
    if (!std::has_single_bit(size) || size < 1024 || load_be64(*raw) % size != 0) return Match::no;
    bits_ += 36;
    return length == 12 ? Match::yes : name(at + 12, static_cast<std::uint16_t>(length - 12));
  }

  /// cstr that fills `length`.
  Match name(std::size_t at, std::uint16_t length) {
    const auto raw = ahead_.need(at, length);
    if (!raw) return ahead_.incomplete();
    bits_ += 8;
    const bool fits = load_u8(*raw) + 1U == length && all_printable(as_text(raw->subspan(1)));
    return fits ? Match::yes : Match::no;
  }

  Lookahead& ahead_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;  // of the message before
  unsigned bits_ = 0;
  unsigned messages_ = 0;
  bool shut_ = false;
};

}  // namespace

bool may_begin_message(Bytes bytes) noexcept {
  const auto first = load_u8(bytes);
  if (first > 1 || bytes.size() == 1) return first <= 1;
  const auto second = load_u8(bytes, 1);
  return first == 0 ? second >= 1 && second <= 7 : second == 0x23;
}

Probe probe_messages(Lookahead& ahead) { return MessageWalk(ahead).judge(); }

}  // namespace mig
