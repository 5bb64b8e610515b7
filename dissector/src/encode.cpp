// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/encode.hpp"

#include <algorithm>

#include "mig/wire.hpp"

namespace mig {
namespace {

using Buffer = std::vector<std::byte>;

template <class T>
void put(Buffer& out, T value) {
  for (auto shift = static_cast<int>(8 * sizeof(T)) - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> shift & 0xff));
}

void put_name(Buffer& out, std::string_view name) {
  put(out, static_cast<std::uint8_t>(name.size()));
  const auto bytes = as_bytes(name);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Buffer command(CommandType type, std::uint16_t length) {
  Buffer out;
  put(out, wire::vm_command);
  put(out, static_cast<std::uint16_t>(type));
  put(out, length);
  return out;
}

/// be16 type, be16 length; the types are migration/migration.c MIG_RP_MSG_*.
Buffer message(std::uint16_t type, std::size_t length) {
  Buffer out;
  put(out, type);
  put(out, static_cast<std::uint16_t>(length));
  return out;
}

Buffer valued(Buffer head, std::uint32_t value) {
  put(head, value);
  return head;
}

Buffer request(const PageRequest& body, std::string_view block) {
  auto out = block.empty() ? message(4, 12) : message(3, 13 + block.size());
  put(out, body.start);
  put(out, body.length);
  if (!block.empty()) put_name(out, block);
  return out;
}

}  // namespace

std::vector<std::byte> encode(const EventBody& body, std::string_view block) {
  if (const auto* b = std::get_if<Ping>(&body)) return valued(command(CommandType::ping, 4), b->value);
  if (const auto* b = std::get_if<Command>(&body)) return command(b->type, 0);
  if (std::holds_alternative<EndOfStream>(body)) return {std::byte{wire::vm_eof}};
  if (const auto* b = std::get_if<Shut>(&body)) return valued(message(1, 4), b->value);
  if (const auto* b = std::get_if<Pong>(&body)) return valued(message(2, 4), b->value);
  if (const auto* b = std::get_if<PageRequest>(&body)) return request(*b, block);
  if (const auto* b = std::get_if<ResumeAck>(&body)) return valued(message(6, 4), b->value);
  if (std::holds_alternative<SwitchoverAck>(body)) return message(7, 0);
  return {};
}

std::vector<std::byte> with_block_name(const EventBody& body, Bytes raw, std::string_view block) {
  const auto* page = std::get_if<PageRecord>(&body);
  if (page != nullptr && !page->names_block) {
    Buffer out;
    put(out, load_be64(raw) & ~wire::ram_continue);
    put_name(out, block);
    out.insert(out.end(), raw.begin() + 8, raw.end());
    return out;
  }
  const auto* wanted = std::get_if<PageRequest>(&body);
  if (wanted != nullptr && !wanted->names_block) return request(*wanted, block);
  return {raw.begin(), raw.end()};
}

}  // namespace mig
