// SPDX-License-Identifier: GPL-2.0-or-later
// May a channel be parsed from here? One probe per pattern, which judges bytes alone; docs/protocol.md 14 has
// the odds. A may_begin_*() is the cheap first question of each, for scanning byte by byte.
#pragma once
#include "lookahead.hpp"
#include "mig/resync/ram_chains.hpp"
#include "mig/resync/search.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// `point` is set when the match is `yes`.
struct Probe {
  Match match = Match::no;
  ResyncPoint point;
};

/// The header of a file, a TLS handshake: at the beginning of a connection only.
[[nodiscard]] Match probe_file_header(Lookahead& ahead);
[[nodiscard]] Match probe_tls(Lookahead& ahead);

/// A block of that name is known, or may still become so.
[[nodiscard]] bool may_be_block(std::string_view name, const StreamTables& tables) noexcept;

[[nodiscard]] bool may_begin_element(Bytes bytes) noexcept;
/// Elements of the main channel: adds up what the bytes of those from here on say.
[[nodiscard]] Probe probe_elements(Lookahead& ahead, const StreamTables& tables);

/// True where there are too few bytes to decide.
[[nodiscard]] bool may_begin_record(Bytes bytes) noexcept;
/// Watches the chains of RAM records that may cross `offset`, that of the window. Yes at the third record of
/// a chain, or at the end mark behind two.
[[nodiscard]] Probe probe_records(Lookahead& ahead, std::uint64_t offset, const StreamTables& tables,
                                  RamChains& chains);
/// The next index among `size` bytes from `offset` on at which a chain expects a record; `size`: none.
[[nodiscard]] std::size_t next_expected(const RamChains& chains, std::uint64_t offset, std::size_t size,
                                        std::size_t from) noexcept;

/// A message, or the mark behind a bitmap.
[[nodiscard]] bool may_begin_message(Bytes bytes) noexcept;
/// Messages of the return path that follow each other and say enough together, or a SHUT that ends the
/// stream.
[[nodiscard]] Probe probe_messages(Lookahead& ahead);

[[nodiscard]] bool may_begin_packet(Bytes bytes) noexcept;
/// The fixed values of a multifd packet's header: magic, version, reserved zeros, padding of the name.
[[nodiscard]] Match probe_packet(Lookahead& ahead);
/// Those of the packet that begins a multifd channel.
[[nodiscard]] Match probe_init_packet(Lookahead& ahead);

}  // namespace mig
