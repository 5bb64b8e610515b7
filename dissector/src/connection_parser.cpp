// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/connection_parser.hpp"

#include "basic_connection_impl.hpp"
#include "mig/wire.hpp"
#include "probe.hpp"

namespace mig {
namespace {

/// A be64 that can start a preempt channel: a page as it is or of zeros (docs/protocol.md 1.4), or an EOS,
/// which is all that one after recovery may carry (machine <= 7.2).
bool starts_preempt(std::uint64_t word, std::uint32_t page_size) noexcept {
  return word == wire::ram_eos ||
         (may_be_record(word, page_size - 1) && (word & (wire::ram_page | wire::ram_zero)) != 0);
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
  return starts_preempt(load_be64(first), preempt->page_size) ? ChannelKind::preempt : ChannelKind::unknown;
}

template class BasicConnection<ForwardParser, MultifdParser, ReturnPathParser>;

}  // namespace mig
