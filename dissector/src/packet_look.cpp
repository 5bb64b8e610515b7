// SPDX-License-Identifier: GPL-2.0-or-later
#include "packet_look.hpp"

#include "mig/wire.hpp"

namespace mig {
namespace {

bool all_zero(Bytes bytes) noexcept {
  return as_text(bytes).find_first_not_of('\0') == std::string_view::npos;
}

/// A name in a fixed field, and nothing behind it.
bool names_something(Bytes field) noexcept {
  const auto name = padded_name(field);
  return all_printable(name) && all_zero(field.subspan(name.size()));
}

}  // namespace

std::string_view padded_name(Bytes field) noexcept {
  const auto text = as_text(field);
  return text.substr(0, text.find('\0'));
}

bool may_begin_packet(Bytes bytes) noexcept { return load_u8(bytes) == wire::multifd_magic >> 24; }

Answer look_at_packet(Peek& peek) {
  const auto head = peek.need(0, 12);
  if (!head) return peek.starved();
  const auto flags = load_be32(*head, 8);
  const bool device = flags == wire::multifd_flag_device_state;
  const bool fits = load_be32(*head) == wire::multifd_magic && load_be32(*head, 4) == wire::multifd_version &&
                    (device || flags <= (wire::multifd_compression_mask | wire::multifd_flag_sync));
  if (!fits) return Answer::no;
  const auto raw = peek.need(0, device ? wire::multifd_device_header_size : wire::multifd_header_size);
  if (!raw) return peek.starved();
  if (device) return names_something(raw->subspan(12, multifd_name_size)) ? Answer::yes : Answer::no;
  const auto pages = std::uint64_t{load_be32(*raw, 16)} + load_be32(*raw, 32);
  const bool sound = pages <= max_multifd_pages && all_zero(raw->subspan(36, 28)) &&
                     names_something(raw->subspan(64, multifd_name_size));
  return sound ? Answer::yes : Answer::no;
}

Answer look_at_init_packet(Peek& peek) {
  const auto head = peek.need(0, 8);
  if (!head) return peek.starved();
  if (load_be32(*head) != wire::multifd_magic || load_be32(*head, 4) != wire::multifd_version)
    return Answer::no;
  const auto raw = peek.need(25, wire::multifd_init_size - 25);  // behind uuid and channel id
  if (!raw) return peek.starved();
  return all_zero(*raw) ? Answer::yes : Answer::no;
}

}  // namespace mig
