// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/devices/device_report.hpp"

#include <algorithm>

#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

DescribedSection described(const DeviceSection& section, const DescriptionSource& found,
                           std::size_t cost_limit) {
  DescribedSection out;
  out.section = &section;
  const auto* device = found.description
                           ? found.description->find(section.idstr, section.instance_id, section.which)
                           : nullptr;
  if (section.type != SectionType::full) {
    out.why_not = "iterative";
  } else if (!found.description) {
    out.why_not = "no description";
  } else if (device == nullptr) {
    out.why_not = "not in the description";
  } else if (!section.whole) {
    out.why_not = "its bytes are not all there";
  } else {
    out.decoded = vmstate::decode(*found.description, *device, section.version_id, section.body, cost_limit);
  }
  return out;
}

bool chosen(const DeviceSection& section, const DeviceChoice& choice) {
  return section.idstr.find(choice.device) != std::string::npos;
}

std::string scan_line(const ScanCheck& check, const MachineState& state) {
  const auto by = [&](SectionEnd end) {
    return std::any_of(state.sections.begin(), state.sections.end(),
                       [&](const auto& s) { return s.end == end; });
  };
  if (by(SectionEnd::description) || by(SectionEnd::guess))
    return std::string("  section ends    the stream has no footers: ") +
           (by(SectionEnd::description) ? "by the sizes in the VM description" : "") +
           (by(SectionEnd::description) && by(SectionEnd::guess) ? ", some " : "") +
           (by(SectionEnd::guess) ? "guessed, where a section header is plausible" : "") + "\n";
  if (check.described == 0) return {};
  return printed("  section ends    %zu of %zu device sections end, by scan, where the description says\n",
                 check.equal, check.described);
}

std::string fit_word(const DescribedSection& d) {
  if (d.section->end == SectionEnd::guess && !d.decoded) return "its end is a guess";
  if (!d.decoded) return d.why_not == "no description" ? std::string() : d.why_not;
  return d.decoded->fit == vmstate::Fit::exact ? "as described" : d.decoded->reason;
}

std::string table_line(const DescribedSection& d) {
  const auto& s = *d.section;
  return printed("  %-5s %4u  %-28s %8u %7u  %10llu  %s\n", s.type == SectionType::full ? "FULL" : "START",
                 s.section_id, printable(s.idstr).c_str(), s.instance_id, s.version_id,
                 static_cast<unsigned long long>(s.size), fit_word(d).c_str());
}

/// `name[index]` or `name[count]`, under its group.
std::string value_line(const vmstate::Value& v, Bytes body) {
  auto name = std::string(v.depth * 2U, ' ') + printable(v.name);
  if (v.index) name += "[" + std::to_string(*v.index) + "]";
  if (v.array) name += "[" + std::to_string(v.count) + "]";
  constexpr std::size_t line_limit = 400;  // --json has all of it
  return printed("      %6llu  %-32s ", static_cast<unsigned long long>(v.offset), name.c_str()) +
         vmstate::value_text(v, body, line_limit) + "\n";
}

std::string values_text(const DescribedSection& d) {
  if (!d.decoded) return {};
  std::string out;
  if (!d.decoded->reason.empty()) out += "        " + printable(d.decoded->reason) + "\n";
  for (const auto& v : d.decoded->values) out += value_line(v, d.section->body);
  return out;
}

}  // namespace

std::vector<DescribedSection> describe_sections(const MachineState& state, const DescriptionSource& found) {
  std::vector<DescribedSection> out;
  auto cost_limit = vmstate::max_cost;  // of all together
  for (const auto& section : state.sections) {
    out.push_back(described(section, found, cost_limit));
    if (out.back().decoded) cost_limit -= std::min(cost_limit, out.back().decoded->cost);
  }
  return out;
}

ScanCheck check_scan(const std::vector<DescribedSection>& sections) {
  ScanCheck out;
  for (const auto& s : sections) {
    if (s.section->type == SectionType::full) ++out.device_sections;
    if (!s.decoded) continue;
    ++out.described;
    if (s.decoded->fit == vmstate::Fit::exact) ++out.equal;
  }
  return out;
}

std::string devices_text(const MachineState& state, const DescriptionSource& found,
                         const DeviceChoice& choice) {
  const auto sections = describe_sections(state, found);
  const auto check = check_scan(sections);
  std::uint64_t bytes = 0;
  for (const auto& s : state.sections) bytes += s.type == SectionType::full ? s.size : 0;
  auto out = printed("migration %u  %s, %zu device sections, %s of device state\n",
                     static_cast<unsigned>(state.migration->id()) + 1,
                     state.machine.empty() ? "unknown machine" : printable(state.machine).c_str(),
                     check.device_sections, bytes_text(bytes).c_str());
  out +=
      std::string("  description     ") + (found.description ? "" : "none: ") + readable(found.origin) + "\n";
  if (found.foreign)
    out +=
        "                  of another stream: sections of the same length and marks are taken to have the "
        "same fields\n";
  out += scan_line(check, state);
  out +=
      printed("  %-5s %4s  %-28s %8s %7s  %10s\n", "type", "id", "section", "instance", "version", "bytes");
  for (const auto& s : sections) {
    if (!chosen(*s.section, choice)) continue;
    out += table_line(s);
    if (choice.values) out += values_text(s);
  }
  return out;
}

std::string DeviceStates::text(const Migration& migration, Time) {
  const auto& state = migrations_[migration];
  return devices_text(state, elsewhere_ != nullptr ? *elsewhere_ : own_description(state), choice_);
}

boost::json::object DeviceStates::json(const Migration& migration, Time start) {
  const auto& state = migrations_[migration];
  return devices_json(state, elsewhere_ != nullptr ? *elsewhere_ : own_description(state), start, choice_);
}

extern const AnalysisKind devices_analysis = {"devices", make_analysis<DeviceStates>};

}  // namespace mig::replay
