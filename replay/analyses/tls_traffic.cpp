// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/tls_traffic.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace mig::replay {
namespace {

constexpr std::uint8_t change_cipher_spec = 20, application_data = 23, client_hello = 1;
/// A record that carries as much as it may: 16 KiB, and up to 256 bytes of encryption.
constexpr std::uint16_t full_record = 1U << 14;
/// PONG and SHUT have 8 bytes (QEMU: migration/migration.c, migrate_send_rp_message()); TLS 1.3 adds the
/// content type and a tag of 16.
constexpr std::uint16_t pong_record = 8 + 1 + 16;
/// A client that does not accept the server's certificate has sent at most its own certificate chain.
constexpr std::uint64_t max_of_handshake = 4;

/// Takes bytes off the front; nullopt: there are not as many.
std::optional<Bytes> cut(Bytes& bytes, std::size_t count) {
  if (bytes.size() < count) return std::nullopt;
  const auto out = bytes.first(count);
  bytes = bytes.subspan(count);
  return out;
}
/// The same of a list behind its length, of `width` bytes.
std::optional<Bytes> cut_list(Bytes& bytes, std::size_t width) {
  const auto size = cut(bytes, width);
  if (!size) return std::nullopt;
  return cut(bytes, width == 1 ? load_u8(*size) : load_be16(*size));
}

/// The first name of a server_name extension (RFC 6066, 3).
std::string name_of(Bytes extension) {
  auto list = cut_list(extension, 2);
  if (!list || !cut(*list, 1)) return {};
  const auto name = cut_list(*list, 2);
  return name ? std::string(as_text(*name)) : std::string();
}

}  // namespace

void TlsTraffic::begin(Records& records) {
  const auto type = load_u8(records.header);
  const auto size = load_be16(records.header, 3);
  const bool plausible = type >= change_cipher_spec && type <= application_data + 1 &&
                         load_u8(records.header, 1) == 3 && size <= full_record + 256U;
  records.lost = !plausible;
  records.header.clear();
  records.left = size;
  if (!plausible || type != application_data) return;
  ++records.encrypted;
  if (size >= full_record) ++records.full;
  if (size == pong_record) ++records.as_pong;
}

/// The first record of the client, which is not often longer than 600 bytes.
void TlsTraffic::keep_hello(Bytes bytes) {
  while (!bytes.empty()) {
    const auto size = hello_.size() < header_size ? header_size : header_size + load_be16(hello_, 3);
    const auto wanted = std::min<std::size_t>(size, max_hello) - std::min(hello_.size(), max_hello);
    if (wanted == 0) return;
    const auto taken = *cut(bytes, std::min(wanted, bytes.size()));
    hello_.insert(hello_.end(), taken.begin(), taken.end());
  }
}

void TlsTraffic::add(Direction direction, Bytes bytes) {
  if (direction == Direction::forward) keep_hello(bytes);
  auto& records = records_[static_cast<std::size_t>(direction)];
  while (!bytes.empty() && !records.lost) {
    const auto wanted = records.left != 0 ? records.left : header_size - records.header.size();
    const auto taken = *cut(bytes, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size())));
    if (records.left != 0) {
      records.left -= taken.size();
    } else {
      records.header.insert(records.header.end(), taken.begin(), taken.end());
      if (records.header.size() == header_size) begin(records);
    }
  }
}

void TlsTraffic::missing(Direction direction, std::uint64_t count) {
  auto& records = records_[static_cast<std::size_t>(direction)];
  records.lost = records.lost || records.left < count;
  records.left -= std::min(records.left, count);
}

std::string TlsTraffic::server_name() const {
  auto rest = Bytes(hello_);
  // Record header; type, length, version and random of the ClientHello; session, ciphers, compression.
  if (!cut(rest, header_size) || rest.empty() || load_u8(rest) != client_hello || !cut(rest, 4 + 2 + 32))
    return {};
  if (!cut_list(rest, 1) || !cut_list(rest, 2) || !cut_list(rest, 1) || !cut(rest, 2)) return {};
  while (const auto type = cut(rest, 2)) {
    const auto extension = cut_list(rest, 2);
    if (!extension) return {};
    if (load_be16(*type) == 0) return printable(name_of(*extension));
  }
  return {};
}

bool TlsTraffic::only_handshake() const noexcept {
  const auto& sent = records_[0];
  return !sent.lost && sent.full == 0 && sent.encrypted <= max_of_handshake;
}

std::string TlsTraffic::what_sizes_say() const {
  const auto& [sent, answered] = records_;
  if (sent.full == 0) return {};
  auto out = std::to_string(sent.full) + " of " + std::to_string(sent.encrypted) +
             " encrypted records to the server are full, as in a migration";
  if (answered.as_pong != 0)
    out += ", and " + std::to_string(answered.as_pong) + " to the client have the size of a PONG or SHUT";
  return out + (sent.lost || answered.lost ? " (up to bytes that the capture lacks)" : "");
}

}  // namespace mig::replay
