// SPDX-License-Identifier: GPL-2.0-or-later
// An independent decoder: QEMU's own scripts/analyze-migration.py on a stream file, for some sections.
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "helpers.hpp"
#include "replay/analyse_file.hpp"
#include "replay/devices/device_report.hpp"

using namespace mig;
using namespace mig::replay;
namespace json = boost::json;

namespace {

json::value analyzed() {
  std::ifstream file(std::string(MIG_VMSTATE_TESTS) + "/18a-file-stream.analyzed.json");
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {})).at("sections");
}

/// The script writes signed numbers in hex, followed by the decimal form where they are negative, and timers
/// as bytes.
std::int64_t number(std::string text) {
  const auto bracket = text.find('(');
  if (bracket != std::string::npos) return std::stoll(text.substr(bracket + 1));
  const bool bytes = std::erase(text, ' ') != 0;
  return static_cast<std::int64_t>(std::stoull(text, nullptr, bytes ? 16 : 0));
}
bool is_signed(const json::value& value) {
  return value.is_string() && value.get_string().find_first_not_of("-0123456789") == json::string::npos;
}

void compare(const json::value& ours, const json::value& theirs, const std::string& where) {
  CAPTURE(where);
  if (theirs.is_object()) {
    for (const auto& [key, value] : theirs.get_object())
      compare(ours.at(key), value, where + "." + std::string(key));
  } else if (theirs.is_array()) {
    REQUIRE(ours.as_array().size() == theirs.get_array().size());
    for (std::size_t i = 0; i < ours.get_array().size(); ++i)
      compare(ours.get_array()[i], theirs.get_array()[i], where + "[" + std::to_string(i) + "]");
  } else if (is_signed(ours)) {
    CHECK(std::stoll(std::string(ours.get_string())) == number(std::string(theirs.get_string())));
  } else {
    CHECK(ours == theirs);
  }
}

}  // namespace

TEST_CASE("fields and values are those of QEMU's own analyzer") {
  DeviceStates states;
  CaptureDecoder analysis({&states});
  std::string warning;
  static_cast<void>(analyse_file(MIG_SAMPLES "/18a-file-stream-11.1-11.1.migstream.zst", analysis, warning));
  REQUIRE(states.migrations().size() == 1);
  const auto& machine = *states.migrations().front();
  const auto devices = devices_json(machine, own_description(machine), {}, {});
  CHECK(devices.at("ends_as_described") == 31);
  json::object by_key;  // the script's: "idstr (section id)"
  for (const auto& s : devices.at("sections").as_array()) {
    if (const auto* fields = s.as_object().if_contains("fields"))
      by_key[std::string(s.at("idstr").as_string()) + " (" + json::serialize(s.at("section_id")) + ")"] =
          *fields;
  }
  const auto theirs = analyzed();
  CHECK(theirs.as_object().size() == 13);
  for (const auto& [key, fields] : theirs.as_object()) compare(by_key.at(key), fields, std::string(key));
}
