// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/kept_package.hpp"

#include <algorithm>

#include "common/run_state.hpp"
#include "common/text.hpp"
#include "replay/analyses/words.hpp"
#include "replay/rescue/append.hpp"

namespace mig::replay {
namespace {

template <class... Bodies>
bool is_one_of(const EventBody& body) {
  return (std::holds_alternative<Bodies>(body) || ...);
}

bool belongs_to_setup(const EventBody& body) {
  return is_one_of<FileHeader, Configuration, TargetPageBits, Capabilities, Capability, MachineUuid>(body);
}

}  // namespace

void PackageReader::complain(const std::string& what) {
  if (problem_.empty()) problem_ = what;
}

void PackageReader::event(const EventContext& context, const Event& event, Bytes raw) {
  if (context.migration == nullptr || static_cast<unsigned>(context.migration->id()) + 1 != wanted_) return;
  package_.migration = context.migration;
  package_.history = &context.migration->history();
  if (context.channel == ChannelKind::main && context.direction == Direction::forward) take(event, raw);
}

void PackageReader::take(const Event& event, Bytes raw) {
  if (is_one_of<Missing, Unparsed>(event.body)) return lost(event);
  if (belongs_to_setup(event.body)) return append(package_.setup, raw);
  if (const auto* header = std::get_if<SectionHeader>(&event.body)) return section(*header, raw);
  if (const auto* begin = std::get_if<PackageBegin>(&event.body)) {
    package_open_ = true;
    whole_ = false;
    package_.devices.clear();
    package_.device_count = 0;
    package_.package_length = begin->length;
  } else if (std::holds_alternative<PackageEnd>(event.body)) {
    whole_ = package_open_;
    package_open_ = false;
  } else if (inside_ == Inside::ram_start) {
    inside_ram_start(event, raw);
  } else if (inside_ == Inside::device) {
    inside_device(event, raw);
  }
}

void PackageReader::section(const SectionHeader& header, Bytes raw) {
  const auto name = package_.migration->tables().name(header.idstr);
  if (header.in_package && header.type == SectionType::full) {
    inside_ = Inside::device;
    ++package_.device_count;
    append(package_.devices, raw);
    device_ = name;
    device_state_ = package_.devices.size();
    return;
  }
  inside_ = Inside::nothing;
  const bool ram = name == "ram";
  if (header.type == SectionType::start && ram) {
    inside_ = Inside::ram_start;
    package_.ram_start.clear();
    return append(package_.ram_start, raw);
  }
  // Its data was sent to a destination that is gone, and a recovery does not send it again.
  if (!ram)
    complain("the migration has a section \"" + printable(name) + "\", which a recovery does not send again");
}

void PackageReader::inside_ram_start(const Event& event, Bytes raw) {
  if (std::holds_alternative<RamBlockAddress>(event.body))
    complain("the migration uses x-ignore-shared: part of its memory is in files of the source's host");
  // Page sizes stand in the block list only after POSTCOPY_ADVISE, which a precopy stream does not have;
  // other versions do not know the flush mark of multifd.
  if (!is_one_of<RamBlockPageSize, MultifdFlush>(event.body)) append(package_.ram_start, raw);
  const bool footers = package_.migration->tables().footers.value_or(true);
  const bool ended = std::holds_alternative<SectionFooter>(event.body) ||
                     (!footers && std::holds_alternative<RamEos>(event.body));
  if (ended) inside_ = Inside::nothing;
}

void PackageReader::inside_device(const Event& event, Bytes raw) {
  if (std::holds_alternative<SectionFooter>(event.body)) device_ended();
  if (is_one_of<Payload, SectionFooter>(event.body)) return append(package_.devices, raw);
  inside_ = Inside::nothing;  // PING 3, PING 0x42 and RUN follow the last device
}

void PackageReader::device_ended() {
  const auto state = std::span(package_.devices).subspan(device_state_);
  // Else the guest could run before the source has ended its migration.
  if (device_ == run_state_section && set_paused(state)) package_.starts_paused = true;
}

void PackageReader::lost(const Event& event) {
  const auto* unparsed = std::get_if<Unparsed>(&event.body);
  if (unparsed != nullptr && unparsed->cause == ParseErrc::truncated)
    return;  // finished() says where it ended
  if (inside_ != Inside::nothing || package_open_ || package_.ram_start.empty())
    complain("the capture lacks " + std::to_string(event.range.size()) + " bytes" +
             " of the migration's setup or of its package, or they cannot be read");
}

void PackageReader::finished(Time) {
  if (package_.migration == nullptr)
    return complain("there is no migration " + std::to_string(wanted_) + " in it");
  if (package_open_) return complain("it ends inside the package: the device state is not complete");
  if (!whole_)
    return complain("no postcopy package was sent in it, so the device state never left the source");
  if (package_.setup.empty() || package_.ram_start.empty())
    return complain(
        "it does not have the beginning of the migration: file header and RAM block list are missing");
}

}  // namespace mig::replay
