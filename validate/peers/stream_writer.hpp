// SPDX-License-Identifier: GPL-2.0-or-later
// The wire format written unit by unit, as the scripted peers send it. docs/protocol.md has the layouts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/events.hpp"

namespace mig::validate {

using Buffer = std::vector<std::byte>;

struct WireBlock {
  std::string_view name;
  std::uint64_t length = 0;  ///< bytes
};

/// Source -> destination, main channel. Collects bytes until they are taken.
class StreamWriter {
 public:
  void file_header(std::string_view machine);  ///< with the configuration section
  void command(CommandType type, Bytes payload = {});
  void ping(std::uint32_t value);
  void postcopy_advise(std::uint64_t page_size);
  void discard(std::string_view block, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges);
  void package(Bytes inner);

  void ram_start(std::uint32_t id, const std::vector<WireBlock>& blocks);  ///< up to its EOS, no footer
  void section_part(std::uint32_t id);
  void section_end(std::uint32_t id);
  void footer(std::uint32_t id);
  void device(std::uint32_t id, std::string_view idstr, std::uint32_t version, Bytes state);

  /// The block's name is written where it differs from the record before, as QEMU does.
  void page(std::string_view block, std::uint64_t offset, Bytes content);
  void zero_page(std::string_view block, std::uint64_t offset);
  void ram_eos();
  void end_of_stream();

  /// The next page carries its block's name again: a switchover does that.
  void forget_block() { last_block_.clear(); }
  [[nodiscard]] Buffer take() { return std::exchange(bytes_, {}); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  void record(std::string_view block, std::uint64_t offset, std::uint64_t flags);

  Buffer bytes_;
  std::string last_block_;
};

/// Destination -> source: one message each.
[[nodiscard]] Buffer pong_message(std::uint32_t value);
[[nodiscard]] Buffer shut_message(std::uint32_t value);
/// An empty block: REQ_PAGES, the block of the request before; else REQ_PAGES_ID.
[[nodiscard]] Buffer page_request_message(std::string_view block, std::uint64_t start, std::uint32_t length);

/// Big-endian, appended.
void put_be(Buffer& out, std::uint64_t value, unsigned size);

}  // namespace mig::validate
