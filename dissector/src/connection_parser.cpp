// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/connection_parser.hpp"

#include "basic_connection_impl.hpp"
#include "mig/wire.hpp"

namespace mig {
namespace {

/// A be64 that can start a preempt channel: a page record with one type flag (docs/protocol.md 1.4).
bool starts_ram_record(std::uint64_t word, std::uint32_t page_size) noexcept {
  const auto flags = word & (page_size - 1);
  if (word == wire::ram_eos)
    return true;  // all that a preempt channel after recovery may carry (machine <= 7.2)
  const auto type = flags & ~wire::ram_continue;
  return type == wire::ram_page || type == wire::ram_zero;
}

}  // namespace

std::optional<ChannelKind> classify(Bytes first, const StreamTables* preempt) noexcept {
  if (first.size() >= 2 && load_be16(first) == wire::tls_handshake) return ChannelKind::tls;
  if (first.size() < 4) return std::nullopt;
  const auto word = load_be32(first);
  if (word == wire::file_magic) return ChannelKind::main;
  if (word == wire::multifd_magic) return ChannelKind::multifd;
  const auto command = load_be16(first, 1);
  const bool resumes = load_u8(first) == wire::vm_command &&
                       (command == static_cast<std::uint16_t>(CommandType::recv_bitmap) ||
                        command == static_cast<std::uint16_t>(CommandType::postcopy_resume));
  if (resumes) return ChannelKind::main_resumed;
  if (preempt == nullptr) return ChannelKind::unknown;
  if (first.size() < 8) return std::nullopt;
  return starts_ram_record(load_be64(first), preempt->page_size) ? ChannelKind::preempt
                                                                 : ChannelKind::unknown;
}

template class BasicConnection<ForwardParser, MultifdParser, ReturnPathParser>;

}  // namespace mig
