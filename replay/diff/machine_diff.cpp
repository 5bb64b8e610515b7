// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/diff/machine_diff.hpp"

#include <algorithm>
#include <map>

#include "replay/analyses/words.hpp"
#include "replay/diff/field_diff.hpp"
#include "replay/diff/section_order.hpp"

namespace mig::replay {
namespace {

std::string name_of(const DeviceSection& s) {
  return printable(s.idstr) + (s.instance_id != 0 ? "#" + std::to_string(s.instance_id) : "") +
         (s.which != 0 ? " (number " + std::to_string(s.which + 1) + ")" : "");
}

/// Sections by name, of one name in their order; one that comes twice (vfio's START and FULL) counts by its
/// type too.
std::string key_of(const DeviceSection& s) {
  return (s.type == SectionType::start ? "START " : "FULL ") + name_of(s);
}

class Comparison {
 public:
  Comparison(const MachineSide& a, const MachineSide& b, bool values)
      : a_(*a.state),
        b_(*b.state),
        values_(values),
        sections_a_(describe_sections(a_, *a.description)),
        sections_b_(describe_sections(b_, *b.description)) {}

  MachineDiff run() {
    text("machine", "", a_.machine, b_.machine);
    text("page size", "", std::to_string(a_.page_size), std::to_string(b_.page_size));
    configuration();
    blocks();
    sections();
    return std::move(out_);
  }

 private:
  void add(const char* kind, const std::string& section, const std::string& what, std::string a,
           std::string b) {
    out_.differences.push_back({kind, section, what, std::move(a), std::move(b)});
  }
  void text(const char* kind, const std::string& section, const std::string& a, const std::string& b) {
    if (a != b) add(kind, section, "", printable(a), printable(b));
  }

  void configuration() {
    const auto lacks = [](const std::vector<std::string>& list, const std::string& line) {
      return std::find(list.begin(), list.end(), line) == list.end();
    };
    for (const auto& line : a_.configuration) {
      if (lacks(b_.configuration, line)) add("configuration", "", "", line, "");
    }
    for (const auto& line : b_.configuration) {
      if (lacks(a_.configuration, line)) add("configuration", "", "", "", line);
    }
  }

  void blocks() {
    const std::map<std::string, std::uint64_t> a(a_.ram_blocks.begin(), a_.ram_blocks.end());
    const std::map<std::string, std::uint64_t> b(b_.ram_blocks.begin(), b_.ram_blocks.end());
    const auto length = [](const auto& map, const std::string& name) {
      const auto found = map.find(name);
      return found != map.end() ? std::to_string(found->second) + " bytes" : std::string();
    };
    auto names = a;
    names.insert(b.begin(), b.end());
    for (const auto& [name, any] : names) {
      const auto left = length(a, name), right = length(b, name);
      if (left != right) add("RAM block", "", printable(name), left, right);
    }
  }

  void sections() {
    std::map<std::string, std::size_t> places;  // in b
    for (std::size_t i = 0; i < sections_b_.size(); ++i) places[key_of(*sections_b_[i].section)] = i;
    std::vector<std::size_t> common_a, common_b;
    for (std::size_t i = 0; i < sections_a_.size(); ++i) {
      const auto node = places.extract(key_of(*sections_a_[i].section));
      if (node.empty()) {
        add("section", name_of(*sections_a_[i].section), "", size_of(sections_a_[i]), "");
      } else {
        common_a.push_back(i);
        common_b.push_back(node.mapped());
      }
    }
    for (const auto& [key, i] : places)
      add("section", name_of(*sections_b_[i].section), "", "", size_of(sections_b_[i]));
    out_.common_sections = common_a.size();
    order(common_a, common_b);
    for (std::size_t i = 0; i < common_a.size(); ++i)
      both(sections_a_[common_a[i]], sections_b_[common_b[i]]);
  }

  static std::string size_of(const DescribedSection& s) { return std::to_string(s.section->size) + " bytes"; }

  void order(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
    for (const auto i : moved(b)) {
      add("order", name_of(*sections_a_[a[i]].section), "", "place " + std::to_string(a[i] + 1),
          "place " + std::to_string(b[i] + 1));
    }
  }

  void both(const DescribedSection& a, const DescribedSection& b) {
    const auto& left = *a.section;
    const auto& right = *b.section;
    const auto name = name_of(left);
    if (left.section_id != right.section_id) ++out_.other_ids;
    text("version", name, std::to_string(left.version_id), std::to_string(right.version_id));
    if (left.type == SectionType::full)
      text("bytes", name, std::to_string(left.size), std::to_string(right.size));
    if (!a.decoded || !b.decoded) return;
    const auto fits = [](const DescribedSection& s) { return s.decoded->fit != vmstate::Fit::mismatch; };
    if (!fits(a) || !fits(b)) return add("not decoded", name, "", a.decoded->reason, b.decoded->reason);
    ++out_.decoded_sections;
    diff_fields(a, b, values_, name, out_.differences);
  }

  const MachineState& a_;
  const MachineState& b_;
  bool values_;
  std::vector<DescribedSection> sections_a_, sections_b_;
  MachineDiff out_;
};

}  // namespace

MachineDiff diff_machines(const MachineSide& a, const MachineSide& b, bool values) {
  return Comparison(a, b, values).run();
}

}  // namespace mig::replay
