// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of headers, as encode() writes them.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "message_lengths.hpp"
#include "mig/bytes.hpp"
#include "mig/events.hpp"
#include "mig/wire.hpp"

namespace mig {

/// Writes one header. What does not fit its place is noted, and nothing comes out.
class HeaderWriter {
 public:
  void u8(std::uint64_t v) { put<std::uint8_t>(v); }
  void u16(std::uint64_t v) { put<std::uint16_t>(v); }
  void u32(std::uint64_t v) { put<std::uint32_t>(v); }
  void u64(std::uint64_t v) { put<std::uint64_t>(v); }
  void raw(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void raw(std::string_view text) { raw(as_bytes(text)); }
  /// Its length in one byte, then the text.
  void cstr(std::string_view value) {
    u8(value.size());
    raw(value);
  }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, std::byte{0}); }

  void command(CommandType type, std::uint64_t length) {
    u8(wire::vm_command);
    u16(static_cast<std::uint64_t>(type));
    u16(length);
  }
  void ping(std::uint64_t value) {
    command(CommandType::ping, 4);
    u32(value);
  }
  void message(MessageType type, std::uint64_t length) {
    u16(static_cast<std::uint64_t>(type));
    u16(length);
  }
  void valued_message(MessageType type, std::uint64_t value) {
    message(type, 4);
    u32(value);
  }
  /// Without a name the block is that of the request before.
  void page_request(std::uint64_t offset, std::uint64_t size, std::optional<std::string_view> block) {
    block ? message(MessageType::req_pages_id, 13 + block->size()) : message(MessageType::req_pages, 12);
    u64(offset);
    u32(size);
    if (block) cstr(*block);
  }

  void refuse() { bad_ = true; }
  [[nodiscard]] bool bad() const { return bad_; }
  [[nodiscard]] std::vector<std::byte> take() { return bad_ ? std::vector<std::byte>() : std::move(out_); }

 private:
  template <class T>
  void put(std::uint64_t value) {
    bad_ = bad_ || (value >> (8 * sizeof(T) - 1)) > 1;
    for (auto shift = static_cast<int>(8 * sizeof(T)) - 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<std::byte>(value >> shift & 0xff));
  }

  std::vector<std::byte> out_;
  bool bad_ = false;
};

}  // namespace mig
