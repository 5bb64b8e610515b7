// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "common/text.hpp"
#include "replay/analyses/words.hpp"
#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"
#include "replay/diff/machine_diff.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

/// One of the two captures.
struct Side {
  std::string path;
  DeviceStates states;
  CaptureDecoder analysis{{&states}};
  DescriptionSource description;

  [[nodiscard]] const MachineState& machine() const { return *states.migrations().front(); }
};

class DiffCommand final : public Command {
 public:
  DiffCommand()
      : Command("diff", "what differs between the machines of two migrations",
                "  migreplay diff works.pcap fails.pcap          machine, RAM blocks, sections, versions, "
                "lengths\n"
                "  migreplay diff v7.2.state v11.1.state         two precopy streams: subsections and fields "
                "too\n"
                "  migreplay diff --values before.pcap after.pcap  what the fields hold\n"
                "\nExit: 0 no difference, 1 differences or a file that could not be read, 2 wrong usage.\n") {
  }
  void declare(OptionTable& options) override {
    options.path("A", a_.path, "a capture or stream file with one migration", true);
    options.path("B", b_.path, "another one", true);
    options.path(
        "--vmdesc", vmdesc_,
        "VM description, or a precopy capture, for a side that has none; without it the other side's is "
        "taken");
    options.flag("--values", values_, "compare what the fields hold, not only which there are");
    options.flag("--json", json_, "one JSON object");
  }
  int run() override {
    bool fine = true;
    for (auto* side : {&a_, &b_}) fine = read(*side) && fine;
    choose_descriptions();
    const auto diff =
        diff_machines({&a_.machine(), &a_.description}, {&b_.machine(), &b_.description}, values_);
    if (json_) {
      print_json(diff);
    } else {
      print_text(diff);
    }
    return fine && diff.differences.empty() ? 0 : 1;
  }

 private:
  static bool read(Side& side) {
    const bool fine = CaptureInput().read(side.path, side.analysis);
    if (side.states.migrations().empty()) throw std::runtime_error(side.path + ": no migration found");
    side.description = own_description(side.machine());
    return fine;
  }

  void choose_descriptions() {
    std::optional<DescriptionSource> elsewhere;
    if (!vmdesc_.empty()) elsewhere = description_from_file(vmdesc_);
    for (auto [side, other] : {std::pair(&a_, &b_), std::pair(&b_, &a_)}) {
      if (side->description.description) continue;
      if (elsewhere) {
        side->description = *elsewhere;
      } else if (other->description.description) {
        side->description = {other->description.description, "that of " + other->path, true};
      }
    }
  }

  static void heading(const char* letter, const Side& side) {
    std::cout << letter << "  " << readable(side.path) << ": " << printable(side.machine().machine) << ", "
              << side.machine().sections.size() << " sections; fields "
              << (side.description.description ? "by the description " + readable(side.description.origin)
                                               : "not compared: " + readable(side.description.origin))
              << "\n";
  }

  void print_text(const MachineDiff& diff) {
    heading("A", a_);
    heading("B", b_);
    if (!diff.differences.empty())
      std::cout << printed("  %-13s %-44s %-26s %s\n", "what", "where", "A", "B");
    for (const auto& d : diff.differences) {
      const auto where = d.section + (d.section.empty() || d.what.empty() ? "" : ": ") + d.what;
      std::cout << printed("  %-13s %-44s %-26s ", d.kind.c_str(), where.c_str(),
                           d.a.empty() ? "-" : d.a.c_str())
                << (d.b.empty() ? "-" : d.b) << "\n";
    }
    std::cout << printed("%zu difference%s; %zu sections in both, the fields of %zu of them compared\n",
                         diff.differences.size(), diff.differences.size() == 1 ? "" : "s",
                         diff.common_sections, diff.decoded_sections);
  }

  static json::object side_json(const Side& side) {
    return {{"file", readable(side.path)},
            {"machine", printable(side.machine().machine)},
            {"description", printable(side.description.origin)},
            {"described", side.description.description.has_value()}};
  }

  void print_json(const MachineDiff& diff) {
    json::array list;
    for (const auto& d : diff.differences) {
      json::object entry{{"kind", d.kind}};
      if (!d.section.empty()) entry["section"] = d.section;
      if (!d.what.empty()) entry["what"] = d.what;
      entry["a"] = d.a.empty() ? json::value(nullptr) : json::value(d.a);
      entry["b"] = d.b.empty() ? json::value(nullptr) : json::value(d.b);
      list.push_back(std::move(entry));
    }
    std::cout << json::object{{"a", side_json(a_)},
                              {"b", side_json(b_)},
                              {"differences", std::move(list)},
                              {"common_sections", diff.common_sections},
                              {"decoded_sections", diff.decoded_sections},
                              {"other_section_ids", diff.other_ids}}
              << "\n";
  }

  Side a_, b_;
  std::string vmdesc_;
  bool values_ = false, json_ = false;
};

}  // namespace

CommandPointer diff_command() { return std::make_unique<DiffCommand>(); }

}  // namespace mig::replay
