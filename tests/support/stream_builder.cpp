// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/stream_builder.hpp"

namespace mig::test {
namespace {

constexpr std::uint64_t flag_zero = 0x02, flag_mem_size = 0x04, flag_page = 0x08, flag_eos = 0x10,
                        flag_continue = 0x20;

}  // namespace

void ByteBuilder::put(std::uint64_t v, unsigned size) {
  for (unsigned i = size; i-- > 0;) bytes_.push_back(static_cast<std::byte>(v >> (8 * i)));
}
void ByteBuilder::text(std::string_view s) { append(as_bytes(s)); }
void ByteBuilder::cstr(std::string_view s) {
  u8(s.size());
  text(s);
}
void ByteBuilder::fill(std::size_t n, std::uint8_t value) {
  bytes_.insert(bytes_.end(), n, std::byte{value});
}
void ByteBuilder::append(Bytes more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }

// ---- forward ----

StreamBuilder& StreamBuilder::raw(Bytes more) { return append(more), *this; }
StreamBuilder& StreamBuilder::raw(std::initializer_list<int> more) {
  for (const int v : more) u8(static_cast<std::uint64_t>(v));
  return *this;
}
StreamBuilder& StreamBuilder::file_header(std::uint32_t version) { return be32(0x5145564d).be32(version); }
StreamBuilder& StreamBuilder::configuration(std::string_view machine) {
  u8(0x07).be32(machine.size());
  text(machine);
  return *this;
}
StreamBuilder& StreamBuilder::capabilities(const std::vector<std::string>& names) {
  u8(0x05).cstr("configuration/capabilities").be32(1).be32(names.size());
  for (const auto& name : names) cstr(name);
  return *this;
}
StreamBuilder& StreamBuilder::target_page_bits(std::uint32_t bits) {
  return u8(0x05).cstr("configuration/target-page-bits").be32(1).be32(bits);
}
StreamBuilder& StreamBuilder::uuid(std::uint8_t fill_byte) {
  return u8(0x05).cstr("configuration/uuid").be32(1).fill(16, fill_byte);
}

StreamBuilder& StreamBuilder::command(unsigned number, Bytes payload) {
  return u8(0x08).be16(number).be16(payload.size()).raw(payload);
}
StreamBuilder& StreamBuilder::ping(std::uint32_t value) { return u8(0x08).be16(2).be16(4).be32(value); }
StreamBuilder& StreamBuilder::advise(std::uint64_t summary, std::uint64_t target) {
  return u8(0x08).be16(3).be16(16).be64(summary).be64(target);
}
StreamBuilder& StreamBuilder::discard(std::string_view block,
                                      const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges) {
  u8(0x08).be16(6).be16(3 + block.size() + 16 * ranges.size()).u8(0).cstr(block).u8(0);
  for (const auto& [start, length] : ranges) be64(start).be64(length);
  return *this;
}
StreamBuilder& StreamBuilder::package(const StreamBuilder& inner, std::optional<std::uint32_t> length) {
  return u8(0x08)
      .be16(7)
      .be16(4)
      .be32(length.value_or(static_cast<std::uint32_t>(inner.size())))
      .raw(Bytes(inner));
}
StreamBuilder& StreamBuilder::recv_bitmap_request(std::string_view block) {
  return u8(0x08).be16(10).be16(1 + block.size()).cstr(block);
}

StreamBuilder& StreamBuilder::section(unsigned type, std::uint32_t id, std::string_view idstr,
                                      std::uint32_t instance, std::uint32_t version) {
  return u8(type).be32(id).cstr(idstr).be32(instance).be32(version);
}
StreamBuilder& StreamBuilder::section_start(std::uint32_t id, std::string_view idstr, std::uint32_t instance,
                                            std::uint32_t version) {
  return section(1, id, idstr, instance, version);
}
StreamBuilder& StreamBuilder::section_full(std::uint32_t id, std::string_view idstr, std::uint32_t instance,
                                           std::uint32_t version) {
  return section(4, id, idstr, instance, version);
}
StreamBuilder& StreamBuilder::section_part(std::uint32_t id) { return u8(2).be32(id); }
StreamBuilder& StreamBuilder::section_end(std::uint32_t id) { return u8(3).be32(id); }
StreamBuilder& StreamBuilder::footer(std::uint32_t id) { return u8(0x7e).be32(id); }
StreamBuilder& StreamBuilder::device(std::uint32_t id, std::string_view idstr, std::size_t size,
                                     std::uint32_t version) {
  section_full(id, idstr, 0, version);
  for (std::size_t i = 0; i < size; ++i) u8((id * 37 + i * 11) & 0xff);
  return footer(id);
}

StreamBuilder& StreamBuilder::ram_blocks(const std::vector<Block>& blocks) {
  std::uint64_t total = 0;
  for (const auto& block : blocks) total += block.used_length;
  be64(total | flag_mem_size);
  for (const auto& block : blocks) cstr(block.name).be64(block.used_length);
  return *this;
}
StreamBuilder& StreamBuilder::ram_setup(std::uint32_t id, const std::vector<Block>& blocks) {
  return section_start(id, "ram", 0, 4).ram_blocks(blocks).eos().footer(id);
}
void StreamBuilder::record(std::string_view block, std::uint64_t offset, std::uint64_t flags) {
  be64(offset | flags | (block.empty() ? flag_continue : 0));
  if (!block.empty()) cstr(block);
}
StreamBuilder& StreamBuilder::page(std::string_view block, std::uint64_t offset, std::uint8_t value) {
  record(block, offset, flag_page);
  return fill(page_size, value);
}
StreamBuilder& StreamBuilder::zero_page(std::string_view block, std::uint64_t offset) {
  record(block, offset, flag_zero);
  return u8(0);
}
StreamBuilder& StreamBuilder::eos() { return be64(flag_eos); }
StreamBuilder& StreamBuilder::eof() { return u8(0); }
StreamBuilder& StreamBuilder::vm_description(std::string_view json) {
  u8(6).be32(json.size());
  text(json);
  return *this;
}

// ---- return path ----

ReturnPathBuilder& ReturnPathBuilder::header(std::uint16_t type, std::uint16_t length) {
  be16(type);
  be16(length);
  return *this;
}
ReturnPathBuilder& ReturnPathBuilder::unknown(std::uint16_t type, std::string_view bytes) {
  header(type, static_cast<std::uint16_t>(bytes.size()));
  text(bytes);
  return *this;
}
ReturnPathBuilder& ReturnPathBuilder::message(std::uint16_t type, std::uint32_t value) {
  header(type, 4);
  be32(value);
  return *this;
}
ReturnPathBuilder& ReturnPathBuilder::switchover_ack() { return header(7, 0); }
ReturnPathBuilder& ReturnPathBuilder::request(std::string_view block, std::uint64_t start,
                                              std::uint32_t length) {
  const bool named = !block.empty();
  header(named ? 3 : 4, static_cast<std::uint16_t>(named ? 13 + block.size() : 12));
  be64(start);
  be32(length);
  if (named) cstr(block);
  return *this;
}
ReturnPathBuilder& ReturnPathBuilder::recv_bitmap(std::string_view block, std::size_t size,
                                                  std::uint64_t mark) {
  header(5, static_cast<std::uint16_t>(1 + block.size()));
  cstr(block);
  be64(size);
  fill(size, 0xff);
  be64(mark);
  return *this;
}

// ---- multifd ----

MultifdBuilder& MultifdBuilder::init(std::uint8_t channel, std::uint32_t magic, std::uint32_t version) {
  be32(magic);
  be32(version);
  fill(16, 0);
  u8(channel);
  fill(39, 0);
  return *this;
}
MultifdBuilder& MultifdBuilder::packet(const Packet& p, std::optional<std::size_t> payload) {
  const auto data = p.normal.size() * StreamBuilder::page_size;
  be32(0x11223344);
  be32(1);
  be32(p.flags);
  be32(128);
  be32(p.normal.size());
  be32(p.next_packet_size.value_or(static_cast<std::uint32_t>(data)));
  be64(number_++);
  be32(p.zero.size());
  fill(28, 0);
  text(p.block);
  fill(256 - p.block.size(), 0);
  for (const auto offset : p.normal) be64(offset);
  for (const auto offset : p.zero) be64(offset);
  fill(8 * (128 - p.normal.size() - p.zero.size()), p.unused);
  fill(payload.value_or(data), 0x77);
  return *this;
}
MultifdBuilder& MultifdBuilder::device_state(std::string_view idstr, std::uint32_t instance,
                                             std::size_t size) {
  be32(0x11223344);
  be32(1);
  be32(0x40);
  text(idstr);
  fill(256 - idstr.size(), 0);
  be32(instance);
  be32(size);
  fill(size, 0x33);
  return *this;
}

// ---- whole migrations ----

StreamBuilder postcopy_package() {
  StreamBuilder package;
  package.listen().device(6, "apic", 40, 3).device(24, "serial", 60, 3).device(40, "globalstate", 104);
  package.ping(3).ping(0x42).run();
  return package;
}

StreamBuilder postcopy_stream() {
  StreamBuilder s;
  s.file_header().configuration().open_return_path().ping(1).advise();
  s.ram_setup(1, {{"pc.ram", 0x40000}, {"pc.bios", 0x10000}});
  s.section_part(1).page("pc.ram", 0).page("", 0x1000).zero_page("", 0x2000).eos().footer(1);
  s.section_part(1).eos().footer(1);
  s.discard("pc.ram", {{0x1000, 0x2000}, {0x8000, 0x1000}}).ping(2);
  s.package(postcopy_package()).ping(4);
  s.section_part(1).page("pc.ram", 0x1000).page("", 0x8000).zero_page("pc.bios", 0).eos().footer(1);
  s.section_end(1).eos().footer(1).eof();
  return s;
}

ReturnPathBuilder postcopy_return_path() {
  ReturnPathBuilder r;
  r.pong(1).pong(2).pong(4).pong(3).pong(0x42).request("pc.ram", 0x1000).request("", 0x8000).shut();
  return r;
}

StreamBuilder precopy_stream() {
  StreamBuilder s;
  s.file_header().configuration();
  s.ram_setup(2, {{"pc.ram", 0x20000}});
  s.section_part(2).page("pc.ram", 0).page("", 0x1000).eos().footer(2);
  s.section_end(2).zero_page("pc.ram", 0x2000).eos().footer(2);
  s.device(6, "apic", 40, 3).device(40, "globalstate", 104).eof();
  s.vm_description(R"({"page_size":4096,"devices":[]})");
  return s;
}

}  // namespace mig::test
