// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rules/unit_kind.hpp"

#include <array>

#include "mig/encode.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {
namespace {

constexpr std::size_t variants = 16;  // of one body

/// What distinguishes units: the body, and of three of them what is in it.
std::size_t kind_of(const EventBody& body) noexcept {
  std::size_t variant = 0;
  if (const auto* command = std::get_if<Command>(&body)) variant = static_cast<std::size_t>(command->type);
  if (const auto* section = std::get_if<SectionHeader>(&body))
    variant = static_cast<std::size_t>(section->type);
  if (const auto* page = std::get_if<PageRecord>(&body))
    variant = page->encoding == PageEncoding::zero ? 1 : 0;
  return body.index() * variants + variant % variants;
}

/// Built from the samples of the vocabulary; some units have more than their sample.
class UnitsByKind {
 public:
  UnitsByKind() {
    for (std::size_t i = 0; i < unit_rows().size(); ++i)
      if (const auto& sample = unit_rows()[i].sample) of_[kind_of(*sample)] |= bit(static_cast<Unit>(i));
    all_of(Command{}, Unit::command);
    all_of(Ping{}, Unit::command);
    all_of(PostcopyAdvise{}, Unit::command);
    all_of(RamDiscard{}, Unit::command);
    all_of(RecvBitmapRequest{}, Unit::command);
    all_of(SectionHeader{}, Unit::section);
    all_of(MultifdDeviceState{}, Unit::multifd_packet);
  }
  [[nodiscard]] UnitSet of(const EventBody& body) const noexcept { return of_[kind_of(body)]; }

 private:
  void all_of(const EventBody& body, Unit unit) {
    for (std::size_t i = 0; i < variants; ++i) of_[body.index() * variants + i] |= bit(unit);
  }
  std::array<UnitSet, std::variant_size_v<EventBody> * variants> of_{};
};

}  // namespace

UnitSet units_of(const EventBody& body) {
  static const UnitsByKind units;
  return units.of(body);
}

std::optional<BlockReference> block_reference(const EventBody& body) noexcept {
  if (const auto* page = std::get_if<PageRecord>(&body))
    return BlockReference{page->block, page->names_block};
  if (const auto* request = std::get_if<PageRequest>(&body))
    return BlockReference{request->block, request->names_block};
  return std::nullopt;
}

EventBody injected_body(const FaultRule& rule) {
  auto body = row(rule.unit).sample.value_or(EndOfStream{});
  const auto set = [&](std::string_view field, const std::optional<std::uint64_t>& value) {
    const auto header = value ? set_field(body, encode(body), field, *value) : std::nullopt;
    if (header) body = read_again(body, *header, StreamTables{}.page_size).value_or(body);
  };
  set("value", rule.value);
  set("offset", rule.offset);
  set("size", rule.amount);
  return body;
}

}  // namespace mig::proxy
