// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/byte_kinds.hpp"

namespace mig::replay {
namespace {

ByteKind of_payload(PayloadKind kind) noexcept {
  switch (kind) {
    case PayloadKind::page:
    case PayloadKind::multifd_data:
    case PayloadKind::multifd_unused_offsets:
    case PayloadKind::mapped_ram_pages: return ByteKind::pages;
    case PayloadKind::device_state: return ByteKind::device_state;
    case PayloadKind::vm_description: return ByteKind::vm_description;
    case PayloadKind::dirty_bitmap:
    case PayloadKind::block_data:
    case PayloadKind::vfio_data:
    case PayloadKind::htab_data:
    case PayloadKind::s390_data: return ByteKind::iterative_state;
    default: return ByteKind::framing;
  }
}

}  // namespace

ByteKind byte_kind(const EventBody& body, Direction direction) noexcept {
  if (std::holds_alternative<Unparsed>(body)) return ByteKind::unparsed;
  if (direction == Direction::return_path) return ByteKind::return_path;
  if (const auto* payload = std::get_if<Payload>(&body)) return of_payload(payload->kind);
  if (const auto* page = std::get_if<PageRecord>(&body))
    return page->encoding == PageEncoding::zero ? ByteKind::zero_pages : ByteKind::pages;
  if (std::holds_alternative<MultifdPacket>(body) || std::holds_alternative<MultifdPage>(body))
    return ByteKind::pages;
  return ByteKind::framing;
}

std::string_view to_string(ByteKind kind) noexcept {
  constexpr std::array<std::string_view, byte_kinds> names = {
      "pages",          "zero_pages",  "device_state", "iterative_state",
      "vm_description", "return_path", "framing",      "unparsed"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace mig::replay
