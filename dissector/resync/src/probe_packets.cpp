// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/wire.hpp"
#include "probes.hpp"

namespace mig {
namespace {

bool all_zero(Bytes bytes) noexcept {
  return as_text(bytes).find_first_not_of('\0') == std::string_view::npos;
}

/// A name in a fixed field, and nothing behind it.
bool names_something(Bytes field) noexcept {
  const auto name = padded_text(field);
  return all_printable(name) && all_zero(field.subspan(name.size()));
}

}  // namespace

bool may_begin_packet(Bytes bytes) noexcept { return load_u8(bytes) == wire::multifd_magic >> 24; }

Match probe_packet(Lookahead& ahead) {
  const auto head = ahead.need(0, 12);
  if (!head) return ahead.incomplete();
  const auto flags = load_be32(*head, 8);
  const bool device = flags == wire::multifd_flag_device_state;
  const bool fits = load_be32(*head) == wire::multifd_magic && load_be32(*head, 4) == wire::multifd_version &&
                    (device || flags <= (wire::multifd_compression_mask | wire::multifd_flag_sync));
  if (!fits) return Match::no;
  const auto raw = ahead.need(0, device ? wire::multifd_device_header_size : wire::multifd_header_size);
  if (!raw) return ahead.incomplete();
  if (device) return names_something(raw->subspan(12, wire::multifd_name_size)) ? Match::yes : Match::no;
  const auto pages = std::uint64_t{load_be32(*raw, 16)} + load_be32(*raw, 32);
  const bool sound = pages <= wire::multifd_max_pages && all_zero(raw->subspan(36, 28)) &&
                     names_something(raw->subspan(64, wire::multifd_name_size));
  return sound ? Match::yes : Match::no;
}

Match probe_init_packet(Lookahead& ahead) {
  const auto head = ahead.need(0, 8);
  if (!head) return ahead.incomplete();
  if (load_be32(*head) != wire::multifd_magic || load_be32(*head, 4) != wire::multifd_version)
    return Match::no;
  const auto raw = ahead.need(25, wire::multifd_init_size - 25);  // behind uuid and channel id
  if (!raw) return ahead.incomplete();
  return all_zero(*raw) ? Match::yes : Match::no;
}

}  // namespace mig
