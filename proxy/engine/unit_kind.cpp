// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/unit_kind.hpp"

#include "mig/wire.hpp"

namespace mig::proxy {
namespace {

UnitSet command_units(CommandType type) {
  switch (type) {
    case CommandType::open_return_path: return bit(Unit::command) | bit(Unit::open_return_path);
    case CommandType::postcopy_listen: return bit(Unit::command) | bit(Unit::listen);
    case CommandType::postcopy_run: return bit(Unit::command) | bit(Unit::run);
    case CommandType::postcopy_resume: return bit(Unit::command) | bit(Unit::resume);
    case CommandType::enable_colo: return bit(Unit::command) | bit(Unit::enable_colo);
    case CommandType::switchover_start: return bit(Unit::command) | bit(Unit::switchover_start);
    default: return bit(Unit::command);
  }
}

struct UnitsOf {
  UnitSet operator()(const Ping&) const { return bit(Unit::ping) | bit(Unit::command); }
  UnitSet operator()(const Command& b) const { return command_units(b.type); }
  UnitSet operator()(const RamDiscard&) const { return bit(Unit::discard) | bit(Unit::command); }
  UnitSet operator()(const PostcopyAdvise&) const { return bit(Unit::advise) | bit(Unit::command); }
  UnitSet operator()(const RecvBitmapRequest&) const {
    return bit(Unit::recv_bitmap_request) | bit(Unit::command);
  }
  UnitSet operator()(const PackageBegin&) const { return bit(Unit::package); }
  UnitSet operator()(const SectionHeader& b) const {
    return bit(Unit::section) | (b.type == SectionType::full ? bit(Unit::device) : 0);
  }
  UnitSet operator()(const SectionFooter&) const { return bit(Unit::footer); }
  UnitSet operator()(const PageRecord& b) const {
    return bit(b.encoding == PageEncoding::zero ? Unit::zero_page : Unit::page);
  }
  UnitSet operator()(const EndOfStream&) const { return bit(Unit::eof); }
  UnitSet operator()(const VmDescription&) const { return bit(Unit::vm_description); }
  UnitSet operator()(const Configuration&) const { return bit(Unit::configuration); }
  UnitSet operator()(const Shut&) const { return bit(Unit::shut); }
  UnitSet operator()(const Pong&) const { return bit(Unit::pong); }
  UnitSet operator()(const PageRequest&) const { return bit(Unit::page_request); }
  UnitSet operator()(const RecvBitmap&) const { return bit(Unit::recv_bitmap); }
  UnitSet operator()(const ResumeAck&) const { return bit(Unit::resume_ack); }
  UnitSet operator()(const SwitchoverAck&) const { return bit(Unit::switchover_ack); }
  UnitSet operator()(const MultifdPacket&) const { return bit(Unit::multifd_packet); }
  UnitSet operator()(const MultifdDeviceState&) const { return bit(Unit::multifd_packet); }
  template <class Other>
  UnitSet operator()(const Other&) const {
    return 0;
  }
};

bool is_configuration_part(const EventBody& body) {
  return std::holds_alternative<TargetPageBits>(body) || std::holds_alternative<Capabilities>(body) ||
         std::holds_alternative<MachineUuid>(body);
}

}  // namespace

UnitSet units_of(const EventBody& body) { return std::visit(UnitsOf{}, body); }

std::optional<std::uint64_t> body_size(const EventBody& body, const StreamTables* tables) noexcept {
  if (const auto* page = std::get_if<PageRecord>(&body)) return page->payload_size;
  if (const auto* discard = std::get_if<RamDiscard>(&body)) return std::uint64_t{16} * discard->ranges;
  if (const auto* text = std::get_if<VmDescription>(&body)) return text->length;
  if (const auto* bitmap = std::get_if<RecvBitmap>(&body))
    return bitmap->size + sizeof(wire::recv_bitmap_end);
  if (const auto* state = std::get_if<MultifdDeviceState>(&body)) return state->payload_size;
  if (const auto* packet = std::get_if<MultifdPacket>(&body)) {
    const std::uint64_t page = tables != nullptr ? tables->page_size : 4096;
    return wire::multifd_packet_size / page * sizeof(std::uint64_t) + packet->payload_size;
  }
  const bool open =
      std::holds_alternative<Configuration>(body) || std::holds_alternative<SectionHeader>(body);
  return open ? std::nullopt : std::optional<std::uint64_t>(0);
}

bool continues_unit(const EventBody& body) noexcept {
  if (const auto* payload = std::get_if<Payload>(&body)) return payload->kind != PayloadKind::after_end;
  if (std::holds_alternative<PackageEnd>(body)) return false;
  return !starts_unit(body) || is_configuration_part(body);
}

bool is_top_level(const EventBody& body) {
  constexpr UnitSet inside = bit(Unit::page) | bit(Unit::zero_page) | bit(Unit::footer);
  return (units_of(body) & ~inside) != 0;
}

std::optional<BlockReference> block_reference(const EventBody& body) noexcept {
  if (const auto* page = std::get_if<PageRecord>(&body))
    return BlockReference{page->block, page->names_block};
  if (const auto* request = std::get_if<PageRequest>(&body))
    return BlockReference{request->block, request->names_block};
  return std::nullopt;
}

EventBody injected_body(const FaultRule& rule) {
  const auto value = static_cast<std::uint32_t>(rule.value.value_or(0));
  switch (rule.unit) {
    case Unit::ping: return Ping{value, false};
    case Unit::pong: return Pong{value};
    case Unit::shut: return Shut{value};
    case Unit::resume_ack: return ResumeAck{value};
    case Unit::switchover_ack: return SwitchoverAck{};
    case Unit::page_request:
      return PageRequest{no_block, static_cast<std::uint32_t>(rule.by.value_or(4096)),
                         rule.offset.value_or(0), true};
    case Unit::open_return_path: return Command{CommandType::open_return_path, false};
    case Unit::resume: return Command{CommandType::postcopy_resume, false};
    case Unit::switchover_start: return Command{CommandType::switchover_start, false};
    default: return EndOfStream{};
  }
}

}  // namespace mig::proxy
