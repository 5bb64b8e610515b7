// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/stream_writer.hpp"

#include "mig/wire.hpp"

namespace mig::validate {
namespace {

void put_text(Buffer& out, std::string_view text) {
  const auto bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_counted(Buffer& out, std::string_view text) {
  put_be(out, text.size(), 1);
  put_text(out, text);
}

void put_bytes(Buffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// migration/migration.c MIG_RP_MSG_*
constexpr unsigned rp_shut = 1, rp_pong = 2, rp_req_pages_id = 3, rp_req_pages = 4;

Buffer message(unsigned type, std::uint32_t value) {
  Buffer out;
  put_be(out, type, 2);
  put_be(out, 4, 2);
  put_be(out, value, 4);
  return out;
}

}  // namespace

void put_be(Buffer& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void StreamWriter::file_header(std::string_view machine) {
  put_be(bytes_, wire::file_magic, 4);
  put_be(bytes_, wire::file_version, 4);
  put_be(bytes_, wire::vm_configuration, 1);
  put_be(bytes_, machine.size(), 4);
  put_text(bytes_, machine);
}

void StreamWriter::command(CommandType type, Bytes payload) {
  put_be(bytes_, wire::vm_command, 1);
  put_be(bytes_, static_cast<std::uint64_t>(type), 2);
  put_be(bytes_, payload.size(), 2);
  put_bytes(bytes_, payload);
}

void StreamWriter::ping(std::uint32_t value) {
  Buffer payload;
  put_be(payload, value, 4);
  command(CommandType::ping, payload);
}

void StreamWriter::postcopy_advise(std::uint64_t page_size) {
  Buffer payload;
  put_be(payload, page_size, 8);
  put_be(payload, page_size, 8);
  command(CommandType::postcopy_advise, payload);
}

// The text is counted and ends with a zero byte all the same.
void StreamWriter::discard(std::string_view block,
                           const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges) {
  Buffer payload;
  put_be(payload, 0, 1);
  put_counted(payload, block);
  put_be(payload, 0, 1);
  for (const auto& [start, length] : ranges) {
    put_be(payload, start, 8);
    put_be(payload, length, 8);
  }
  command(CommandType::postcopy_ram_discard, payload);
}

// The command's own payload is the length; the package follows outside of it.
void StreamWriter::package(Bytes inner) {
  Buffer length;
  put_be(length, inner.size(), 4);
  command(CommandType::packaged, length);
  put_bytes(bytes_, inner);
}

void StreamWriter::ram_start(std::uint32_t id, const std::vector<WireBlock>& blocks) {
  put_be(bytes_, wire::vm_section_start, 1);
  put_be(bytes_, id, 4);
  put_counted(bytes_, "ram");
  put_be(bytes_, 0, 4);
  put_be(bytes_, 4, 4);
  std::uint64_t total = 0;
  for (const auto& block : blocks) total += block.length;
  put_be(bytes_, total | wire::ram_mem_size, 8);
  for (const auto& block : blocks) {
    put_counted(bytes_, block.name);
    put_be(bytes_, block.length, 8);
  }
  ram_eos();
}

void StreamWriter::section_part(std::uint32_t id) {
  put_be(bytes_, wire::vm_section_part, 1);
  put_be(bytes_, id, 4);
}

void StreamWriter::section_end(std::uint32_t id) {
  put_be(bytes_, wire::vm_section_end, 1);
  put_be(bytes_, id, 4);
}

void StreamWriter::footer(std::uint32_t id) {
  put_be(bytes_, wire::vm_section_footer, 1);
  put_be(bytes_, id, 4);
}

void StreamWriter::device(std::uint32_t id, std::string_view idstr, std::uint32_t version, Bytes state) {
  put_be(bytes_, wire::vm_section_full, 1);
  put_be(bytes_, id, 4);
  put_counted(bytes_, idstr);
  put_be(bytes_, 0, 4);
  put_be(bytes_, version, 4);
  put_bytes(bytes_, state);
  footer(id);
}

void StreamWriter::record(std::string_view block, std::uint64_t offset, std::uint64_t flags) {
  const bool same = block == last_block_;
  put_be(bytes_, offset | flags | (same ? wire::ram_continue : 0), 8);
  if (!same) put_counted(bytes_, block);
  last_block_ = block;
}

void StreamWriter::page(std::string_view block, std::uint64_t offset, Bytes content) {
  record(block, offset, wire::ram_page);
  put_bytes(bytes_, content);
}

void StreamWriter::zero_page(std::string_view block, std::uint64_t offset) {
  record(block, offset, wire::ram_zero);
  put_be(bytes_, 0, 1);
}

void StreamWriter::ram_eos() { put_be(bytes_, wire::ram_eos, 8); }
void StreamWriter::end_of_stream() { put_be(bytes_, wire::vm_eof, 1); }

Buffer pong_message(std::uint32_t value) { return message(rp_pong, value); }
Buffer shut_message(std::uint32_t value) { return message(rp_shut, value); }

Buffer page_request_message(std::string_view block, std::uint64_t start, std::uint32_t length) {
  Buffer out;
  put_be(out, block.empty() ? rp_req_pages : rp_req_pages_id, 2);
  put_be(out, 12 + (block.empty() ? 0 : 1 + block.size()), 2);
  put_be(out, start, 8);
  put_be(out, length, 4);
  if (!block.empty()) put_counted(out, block);
  return out;
}

}  // namespace mig::validate
