// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/devices/device_states.hpp"

#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "mig/describe.hpp"
#include "replay/devices/description_source.hpp"
#include "replay/devices/split_devices.hpp"

namespace mig::replay {
namespace {

DeviceSection section_of(Blob& blob, const SectionHeader& h, const StreamTables& tables) {
  DeviceSection section;
  section.type = h.type;
  section.idstr = std::string(tables.name(h.idstr));
  section.section_id = static_cast<std::uint32_t>(h.section);
  section.instance_id = h.instance_id;
  section.version_id = h.version_id;
  section.in_package = h.in_package;
  section.whole = !blob.cut;
  section.connection = blob.at.connection;
  section.offset = blob.at.offset;
  section.size = blob.size;
  section.time = Time(blob.at.when.ns);
  section.packet = blob.at.when.packet;
  section.body = std::move(blob.bytes);
  return section;
}

}  // namespace

void DeviceStates::event(const EventContext& context, const Event& event, Bytes raw) {
  if (context.migration == nullptr || context.direction != Direction::forward || !is_main(context.channel))
    return;
  auto& state = migrations_[*context.migration];
  const auto blob = state.collector.delivered(blobs_, place_of(context, event), event, raw);
  if (blob != no_blob && blobs_[blob].at.offset == event.range.begin) state.blobs.push_back(blob);
  add_configuration(state, event);
}

void DeviceStates::add_configuration(MachineState& out, const Event& event) {
  const bool part = std::holds_alternative<Capability>(event.body) ||
                    std::holds_alternative<MachineUuid>(event.body) ||
                    std::holds_alternative<TargetPageBits>(event.body);
  if (part) out.configuration.push_back(describe_unit(event, out.migration->tables()));
}

void DeviceStates::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) {
  if (context.migration == nullptr || !is_main(context.channel)) return;
  if (migrations_[*context.migration].collector.collects()) Consumer::whole_pages(context, pages, raw);
}

/// Of a stream without footers the parser knows one device, and all others are in its state.
void DeviceStates::split(MachineState& state) const {
  const auto own = own_description(state);
  const auto& source = own.description || elsewhere_ == nullptr ? own : *elsewhere_;
  std::vector<DeviceSection> out;
  for (auto& section : std::exchange(state.sections, {})) {
    if (section.type != SectionType::full || !section.whole) {
      out.push_back(std::move(section));
      continue;
    }
    auto parts = split_devices(std::move(section), source.description ? &*source.description : nullptr);
    std::move(parts.begin(), parts.end(), std::back_inserter(out));
  }
  state.sections = std::move(out);
}

void DeviceStates::finish(State& state) {
  const auto& tables = state.migration->tables();
  state.page_size = tables.page_size;
  for (const auto& block : tables.blocks())
    state.ram_blocks.emplace_back(tables.name(block.name), block.used_length);
  if (tables.machine != no_name) state.machine = std::string(tables.name(tables.machine));
  for (const auto number : state.blobs) {
    auto& blob = blobs_[number];
    if (const auto* header = std::get_if<SectionHeader>(&blob.header.body))
      state.sections.push_back(section_of(blob, *header, tables));
    if (std::holds_alternative<VmDescription>(blob.header.body)) state.vm_description = as_text(blob.bytes);
  }
  if (!tables.footers.value_or(true)) split(state);
  std::map<std::tuple<SectionType, std::string, std::uint32_t>, std::size_t> seen;
  for (auto& section : state.sections)
    section.which = seen[{section.type, section.idstr, section.instance_id}]++;
}

void DeviceStates::finished(Time) {
  migrations_.for_each([this](State& state) { finish(state); });
}

}  // namespace mig::replay
