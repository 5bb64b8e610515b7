// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/devices/device_states.hpp"

#include "mig/describe.hpp"
#include "vmstate/description.hpp"

namespace mig::replay {

void DeviceStates::event(const EventContext& context, const Event& event, Bytes raw) {
  const bool main = is_main(context.channel);
  if (context.migration == nullptr || context.direction != Direction::forward || !main) return;
  auto& out = migrations_[*context.migration];
  if (const auto* header = std::get_if<SectionHeader>(&event.body)) return open(out, context, event, *header);
  if (out.sections.empty()) return add_configuration(out, event);
  auto& section = out.sections.back();
  if (std::holds_alternative<EndOfStream>(event.body) || std::holds_alternative<SectionFooter>(event.body)) {
    section.ended = true;
  } else if (section.ended) {
    add_description(out, event, raw);
  } else {
    add(section, event, raw);
  }
}

/// PART and END belong to iterative sections, whose START is listed: they only end what was open.
void DeviceStates::open(MachineState& out, const EventContext& context, const Event& event,
                        const SectionHeader& h) {
  if (!out.sections.empty()) out.sections.back().ended = true;
  if (h.type != SectionType::start && h.type != SectionType::full) return;
  DeviceSection section;
  section.type = h.type;
  section.idstr = std::string(context.migration->tables().name(h.idstr));
  section.section_id = static_cast<std::uint32_t>(h.section);
  section.instance_id = h.instance_id;
  section.version_id = h.version_id;
  section.in_package = h.in_package;
  section.connection = context.connection;
  section.offset = event.range.begin;
  section.time = context.time;
  section.packet = context.packet;
  out.sections.push_back(std::move(section));
}

void DeviceStates::add(DeviceSection& section, const Event& event, Bytes raw) {
  section.size += event.range.size();
  const auto* payload = std::get_if<Payload>(&event.body);
  const bool state = payload != nullptr && payload->kind == PayloadKind::device_state;
  const bool room = kept_ + raw.size() <= max_kept;
  section.whole = section.whole && state && room;
  if (!section.whole) return;
  section.body.insert(section.body.end(), raw.begin(), raw.end());
  kept_ += raw.size();
}

void DeviceStates::add_description(MachineState& out, const Event& event, Bytes raw) {
  const auto* payload = std::get_if<Payload>(&event.body);
  if (payload == nullptr || payload->kind != PayloadKind::vm_description) return;
  // One byte more than can be read, so that the reader of the text refuses it.
  if (out.vm_description.size() <= vmstate::max_description) out.vm_description += as_text(raw);
}

void DeviceStates::add_configuration(MachineState& out, const Event& event) {
  const bool part = std::holds_alternative<Capability>(event.body) ||
                    std::holds_alternative<MachineUuid>(event.body) ||
                    std::holds_alternative<TargetPageBits>(event.body);
  if (part) out.configuration.push_back(describe_unit(event, out.migration->tables()));
}

void DeviceStates::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) {
  const bool main = is_main(context.channel);
  if (context.migration == nullptr || !main) return;
  auto& out = migrations_[*context.migration];
  if (out.sections.empty() || out.sections.back().ended) return;
  Consumer::whole_pages(context, pages, raw);
}

void DeviceStates::finished(Time) {
  migrations_.for_each([](MachineState& m) {
    const auto& tables = m.migration->tables();
    m.page_size = tables.page_size;
    for (const auto& block : tables.blocks())
      m.ram_blocks.emplace_back(tables.name(block.name), block.used_length);
    if (tables.machine != no_name) m.machine = std::string(tables.name(tables.machine));
  });
}

}  // namespace mig::replay
