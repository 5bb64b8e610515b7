// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json.hpp>
#include <set>

#include "replay/analyses/words.hpp"
#include "replay/devices/device_report.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

/// The members of one structure. A name that comes more than once, or that is an element by index, is an
/// array.
class Members {
 public:
  void add(const vmstate::Value& v, json::value value) {
    const auto name = printable(v.name);
    auto* there = out_.if_contains(name);
    if (there == nullptr) {
      if (v.index) value = list(name, {std::move(value)});
      out_[name] = std::move(value);
    } else if (lists_.contains(name)) {
      there->get_array().push_back(std::move(value));
    } else {
      *there = list(name, {std::move(*there), std::move(value)});
    }
  }
  [[nodiscard]] json::object take() { return std::move(out_); }

 private:
  json::array list(const std::string& name, json::array values) {
    lists_.insert(name);
    return values;
  }
  json::object out_;
  std::set<std::string> lists_;
};

json::value plain(const vmstate::Value& v, Bytes body) {
  if (v.kind == vmstate::ValueKind::boolean && !v.array) return vmstate::number_at(v, body) != 0;
  if (!v.array || v.kind == vmstate::ValueKind::bytes)
    return json::value(vmstate::value_text(v, body, SIZE_MAX));
  json::array out;
  for (std::uint64_t i = 0; i < v.count && v.size != 0; ++i)
    out.emplace_back(vmstate::element_text(v, body, i));
  return out;
}

/// The values from `at` on that are `depth` deep or deeper.
json::object tree(const std::vector<vmstate::Value>& values, std::size_t& at, std::uint16_t depth,
                  Bytes body) {
  Members out;
  while (at < values.size() && values[at].depth >= depth) {
    const auto& v = values[at++];
    const bool group = v.kind == vmstate::ValueKind::structure || v.kind == vmstate::ValueKind::subsection;
    if (group) {
      out.add(v, tree(values, at, static_cast<std::uint16_t>(depth + 1), body));
    } else {
      out.add(v, plain(v, body));
    }
  }
  return out.take();
}

std::string_view fit_name(vmstate::Fit fit) {
  switch (fit) {
    case vmstate::Fit::exact: return "exact";
    case vmstate::Fit::unknown_subsection: return "unknown subsection";
    case vmstate::Fit::mismatch: return "mismatch";
  }
  return "mismatch";
}

json::object section(const DescribedSection& d, Time start) {
  const auto& s = *d.section;
  json::object out{{"type", s.type == SectionType::full ? "FULL" : "START"},
                   {"section_id", s.section_id},
                   {"idstr", printable(s.idstr)},
                   {"instance_id", s.instance_id},
                   {"version_id", s.version_id},
                   {"in_package", s.in_package},
                   {"connection", static_cast<unsigned>(s.connection) + 1},
                   {"time", seconds(s.time - start)},
                   {"packet", s.packet},
                   {"offset", s.offset},
                   {"bytes", s.size}};
  if (s.end != SectionEnd::stream) out["end_found_by"] = s.end == SectionEnd::guess ? "guess" : "description";
  if (!d.decoded) {
    out["no_values"] = d.why_not;
    return out;
  }
  out["fit"] = fit_name(d.decoded->fit);
  if (!d.decoded->reason.empty()) out["reason"] = printable(d.decoded->reason);
  out["fields"] = values_json(*d.decoded, s.body);
  return out;
}

}  // namespace

json::object values_json(const vmstate::Decoded& decoded, Bytes body) {
  std::size_t at = 0;
  return tree(decoded.values, at, 0, body);
}

json::object devices_json(const MachineState& state, const DescriptionSource& found, Time start,
                          const DeviceChoice& choice) {
  const auto all = describe_sections(state, found);
  const auto check = check_scan(all);
  json::array sections;
  for (const auto& s : all) {
    if (s.section->idstr.find(choice.device) != std::string::npos) sections.push_back(section(s, start));
  }
  json::object out{{"described", found.description.has_value()},
                   {"description", printable(found.origin)},
                   {"foreign_description", found.foreign},
                   {"device_sections", check.device_sections},
                   {"described_sections", check.described},
                   {"ends_as_described", check.equal},
                   {"sections", std::move(sections)}};
  return out;
}

}  // namespace mig::replay
