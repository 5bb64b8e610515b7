// SPDX-License-Identifier: GPL-2.0-or-later
// Migration streams for tests, unit by unit, so that a test reads as what is on the wire.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/event_log.hpp"

namespace mig::test {

/// Raw big-endian writing; the base of the builders below.
class ByteBuilder {
 public:
  [[nodiscard]] const Buffer& bytes() const { return bytes_; }
  [[nodiscard]] operator Bytes() const { return bytes_; }  // NOLINT: a builder is used where bytes are wanted
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 protected:
  void u8(std::uint64_t v) { put(v, 1); }
  void be16(std::uint64_t v) { put(v, 2); }
  void be32(std::uint64_t v) { put(v, 4); }
  void be64(std::uint64_t v) { put(v, 8); }
  void text(std::string_view s);
  void cstr(std::string_view s);
  void fill(std::size_t n, std::uint8_t value);
  void append(Bytes more);

 private:
  void put(std::uint64_t v, unsigned size);
  Buffer bytes_;
};

struct Block {
  std::string name;
  std::uint64_t used_length = 0;
};

/// Forward stream. Sections write no footer of their own: call footer().
class StreamBuilder : public ByteBuilder {
 public:
  static constexpr std::uint32_t page_size = 4096;

  StreamBuilder& raw(Bytes more);
  StreamBuilder& raw(std::initializer_list<int> more);
  StreamBuilder& file_header(std::uint32_t version = 3);
  StreamBuilder& configuration(std::string_view machine = "pc-i440fx-7.2");
  StreamBuilder& capabilities(const std::vector<std::string>& names);
  StreamBuilder& target_page_bits(std::uint32_t bits);
  StreamBuilder& uuid(std::uint8_t fill_byte);

  StreamBuilder& command(unsigned number, Bytes payload = {});
  StreamBuilder& open_return_path() { return command(1); }
  StreamBuilder& ping(std::uint32_t value);
  StreamBuilder& advise(std::uint64_t summary = 4096, std::uint64_t target = 4096);
  StreamBuilder& listen() { return command(4); }
  StreamBuilder& run() { return command(5); }
  StreamBuilder& discard(std::string_view block,
                         const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges);
  /// `length` is written as announced; nullopt: the inner stream's size.
  StreamBuilder& package(const StreamBuilder& inner, std::optional<std::uint32_t> length = {});
  StreamBuilder& resume() { return command(9); }
  StreamBuilder& recv_bitmap_request(std::string_view block);
  StreamBuilder& switchover_start() { return command(11); }

  StreamBuilder& section_start(std::uint32_t id, std::string_view idstr, std::uint32_t instance = 0,
                               std::uint32_t version = 1);
  StreamBuilder& section_full(std::uint32_t id, std::string_view idstr, std::uint32_t instance = 0,
                              std::uint32_t version = 1);
  StreamBuilder& section_part(std::uint32_t id);
  StreamBuilder& section_end(std::uint32_t id);
  StreamBuilder& footer(std::uint32_t id);
  /// A whole FULL section with `size` bytes of state and its footer.
  StreamBuilder& device(std::uint32_t id, std::string_view idstr, std::size_t size = 40,
                        std::uint32_t version = 1);

  StreamBuilder& ram_blocks(const std::vector<Block>& blocks);
  /// START of "ram" with its block list, EOS and footer.
  StreamBuilder& ram_setup(std::uint32_t id, const std::vector<Block>& blocks);
  /// An empty block name means CONTINUE.
  StreamBuilder& page(std::string_view block, std::uint64_t offset, std::uint8_t value = 0x5a);
  StreamBuilder& zero_page(std::string_view block, std::uint64_t offset);
  StreamBuilder& eos();
  StreamBuilder& eof();
  StreamBuilder& vm_description(std::string_view json);

  StreamBuilder& u8(std::uint64_t v) { return ByteBuilder::u8(v), *this; }
  StreamBuilder& be16(std::uint64_t v) { return ByteBuilder::be16(v), *this; }
  StreamBuilder& be32(std::uint64_t v) { return ByteBuilder::be32(v), *this; }
  StreamBuilder& be64(std::uint64_t v) { return ByteBuilder::be64(v), *this; }
  StreamBuilder& cstr(std::string_view s) { return ByteBuilder::cstr(s), *this; }
  StreamBuilder& fill(std::size_t n, std::uint8_t v) { return ByteBuilder::fill(n, v), *this; }

 private:
  StreamBuilder& section(unsigned type, std::uint32_t id, std::string_view idstr, std::uint32_t instance,
                         std::uint32_t version);
  void record(std::string_view block, std::uint64_t offset, std::uint64_t flags);
};

/// Return path.
class ReturnPathBuilder : public ByteBuilder {
 public:
  ReturnPathBuilder& shut(std::uint32_t value = 0) { return message(1, value); }
  ReturnPathBuilder& pong(std::uint32_t value) { return message(2, value); }
  ReturnPathBuilder& resume_ack(std::uint32_t value = 1) { return message(6, value); }
  ReturnPathBuilder& switchover_ack();
  /// An empty block name: REQ_PAGES, else REQ_PAGES_ID.
  ReturnPathBuilder& request(std::string_view block, std::uint64_t start, std::uint32_t length = 4096);
  ReturnPathBuilder& recv_bitmap(std::string_view block, std::size_t size,
                                 std::uint64_t mark = 0x0123456789abcdef);
  ReturnPathBuilder& header(std::uint16_t type, std::uint16_t length);
  /// A message of a type that QEMU does not know.
  ReturnPathBuilder& unknown(std::uint16_t type, std::string_view bytes);

 private:
  ReturnPathBuilder& message(std::uint16_t type, std::uint32_t value);
};

/// One multifd channel with 4 KiB pages.
class MultifdBuilder : public ByteBuilder {
 public:
  struct Packet {
    std::uint32_t flags = 0;
    std::vector<std::uint64_t> normal{};
    std::vector<std::uint64_t> zero{};
    std::string block = "pc.ram";
    std::optional<std::uint32_t> next_packet_size{};  ///< default: pages x 4096
    std::uint8_t unused = 0;                          ///< what unused offsets are filled with
  };
  MultifdBuilder& init(std::uint8_t channel, std::uint32_t magic = 0x11223344, std::uint32_t version = 1);
  MultifdBuilder& packet(const Packet& packet, std::optional<std::size_t> payload = {});
  MultifdBuilder& device_state(std::string_view idstr, std::uint32_t instance, std::size_t size);

 private:
  std::uint64_t number_ = 0;
};

/// A complete small postcopy migration, as QEMU 11.1 sends it: the forward stream of the main channel.
[[nodiscard]] StreamBuilder postcopy_stream();
/// The package of postcopy_stream(): listen, three devices, PING 3, PING 0x42, run.
[[nodiscard]] StreamBuilder postcopy_package();
/// Its return path: PONG 1, 2, 4, 3, 0x42, page requests, SHUT 0.
[[nodiscard]] ReturnPathBuilder postcopy_return_path();
/// A complete small precopy migration without return path, with VM description.
[[nodiscard]] StreamBuilder precopy_stream();

}  // namespace mig::test
