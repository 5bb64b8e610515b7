// SPDX-License-Identifier: GPL-2.0-or-later
// What begins a connection, and does not occur in mid-stream.
#include "mig/wire.hpp"
#include "probes.hpp"

namespace mig {

Match probe_file_header(Lookahead& ahead) {
  const auto head = ahead.need(0, 2);
  if (!head) return ahead.incomplete();
  if (load_be16(*head) != wire::file_magic >> 16) return Match::no;
  const auto header = ahead.need(0, 8);
  if (!header) return ahead.incomplete();
  const bool ours = load_be32(*header) == wire::file_magic && load_be32(*header, 4) == wire::file_version;
  return ours ? Match::yes : Match::no;
}

Match probe_tls(Lookahead& ahead) {
  const auto head = ahead.need(0, 3);
  if (!head) return ahead.incomplete();
  return load_be16(*head) == wire::tls_handshake && load_u8(*head, 2) <= 4 ? Match::yes : Match::no;
}

}  // namespace mig
