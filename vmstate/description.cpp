// SPDX-License-Identifier: GPL-2.0-or-later
// Keys: migration/vmstate.c vmstate_save_state_v() and migration/savevm.c vmstate_save() of QEMU write them.
#include "vmstate/description.hpp"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace mig::vmstate {
namespace {

namespace json = boost::json;

/// Levels of JSON; a structure takes three. Real machines have less than 30.
constexpr std::size_t max_depth = 192;

struct KnownType {
  std::string_view name;
  ValueKind kind;
  std::uint64_t size;
};
/// migration/vmstate-types.c VMStateInfo names whose bytes are one number.
constexpr std::array known_types = {
    KnownType{"bool", ValueKind::boolean, 1},
    KnownType{"int8", ValueKind::signed_number, 1},
    KnownType{"int16", ValueKind::signed_number, 2},
    KnownType{"int32", ValueKind::signed_number, 4},
    KnownType{"int32 equal", ValueKind::signed_number, 4},
    KnownType{"int32 le", ValueKind::signed_number, 4},  // "less or equal", not little endian
    KnownType{"int64", ValueKind::signed_number, 8},
    KnownType{"int64 equal", ValueKind::signed_number, 8},
    KnownType{"timer", ValueKind::signed_number, 8},
    KnownType{"uint8", ValueKind::unsigned_number, 1},
    KnownType{"uint8 equal", ValueKind::unsigned_number, 1},
    KnownType{"uint16", ValueKind::unsigned_number, 2},
    KnownType{"uint16 equal", ValueKind::unsigned_number, 2},
    KnownType{"uint32", ValueKind::unsigned_number, 4},
    KnownType{"uint32 equal", ValueKind::unsigned_number, 4},
    KnownType{"uint64", ValueKind::unsigned_number, 8},
    KnownType{"uint64 equal", ValueKind::unsigned_number, 8},
    KnownType{"float64", ValueKind::real, 8},
    KnownType{"nullptr", ValueKind::pointer, 1},
    KnownType{"ptr-marker", ValueKind::pointer, 1},
};

/// Sums that overflow become the largest number, which fits no body.
std::uint64_t sum(std::uint64_t a, std::uint64_t b) noexcept {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}
std::uint64_t product(std::uint64_t a, std::uint64_t b) noexcept {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

ValueKind kind_of(std::string_view type, std::uint64_t size) noexcept {
  const auto* known =
      std::find_if(known_types.begin(), known_types.end(), [&](const auto& t) { return t.name == type; });
  return known != known_types.end() && known->size == size ? known->kind : ValueKind::bytes;
}

/// Thrown and caught in this file: `what` is the sentence for the user.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Where in the description; put into words only for a message.
struct Where {
  std::string_view name;
  const Where* parent = nullptr;
};

[[noreturn]] void refuse(const Where& where, const std::string& what) {
  std::string path(where.name);
  for (const auto* up = where.parent; up != nullptr; up = up->parent)
    path.insert(0, std::string(up->name) + ".");
  throw Refused(path + ": " + what);
}

std::string text_of(const json::object& object, const char* key, const Where& where) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) refuse(where, "no text \"" + std::string(key) + "\"");
  const auto& text = value->get_string();
  if (text.size() > max_name) refuse(where, "\"" + std::string(key) + "\" is longer than any name");
  return std::string(text);
}

std::optional<std::uint64_t> number_in(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code bad;
  const auto number = value->to_number<std::uint64_t>(bad);
  if (bad) return std::nullopt;
  return number;
}

const json::array* array_in(const json::object& object, const char* key, const Where& where) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) refuse(where, "\"" + std::string(key) + "\" is not an array");
  return &value->get_array();
}

const json::object& object_of(const json::value& value, const Where& where) {
  if (!value.is_object()) refuse(where, "not an object");
  return value.get_object();
}

class Builder {
 public:
  explicit Builder(Description& out) : out_(out) {}

  void device(const json::object& device) {
    DeviceLayout layout;
    const auto place = "devices[" + std::to_string(out_.devices.size()) + "]";
    layout.idstr = text_of(device, "name", {place});
    layout.instance_id = static_cast<std::uint32_t>(number_in(device, "instance_id").value_or(0));
    layout.structure = structure(device, {layout.idstr});
    out_.devices.push_back(std::move(layout));
  }

 private:
  StructureIndex structure(const json::object& object, const Where& where) {
    StructureLayout layout;
    if (const auto* name = object.if_contains("vmsd_name"); name != nullptr && name->is_string())
      layout.name = text_of(object, "vmsd_name", where);
    if (const auto version = number_in(object, "version"))
      layout.version = static_cast<std::uint32_t>(*version);
    const auto* fields = array_in(object, "fields", where);
    if (fields == nullptr) refuse(where, "no \"fields\"");
    for (const auto& entry : *fields) {
      const auto& added = layout.fields.emplace_back(field(object_of(entry, where), where));
      layout.size = sum(layout.size, product(added.size, added.count));
    }
    if (const auto* subsections = array_in(object, "subsections", where)) {
      if (subsections->size() > max_subsections) refuse(where, "more subsections than any structure has");
      for (const auto& entry : *subsections) {
        const auto& sub = object_of(entry, where);
        const auto name = text_of(sub, "vmsd_name", where);
        const auto index = structure(sub, {name, &where});
        layout.subsections.push_back(index);
        const auto& added = out_.structure(index);
        layout.size = sum(layout.size, sum(subsection_overhead + added.name.size(), added.size));
      }
    }
    out_.structures.push_back(std::move(layout));
    return static_cast<StructureIndex>(out_.structures.size() - 1);
  }

  FieldLayout field(const json::object& object, const Where& where) {
    FieldLayout layout;
    layout.name = text_of(object, "name", where);
    const Where here{layout.name, &where};
    layout.type = text_of(object, "type", here);
    const auto size = number_in(object, "size");
    if (!size) refuse(here, "no \"size\"");
    layout.size = *size;
    layout.index = number_in(object, "index");
    layout.kind = kind_of(layout.type, layout.size);
    if (const auto count = number_in(object, "array_len")) {
      layout.array = true;
      layout.count = *count;
    }
    if (const auto* nested = nested_in(object, layout.type)) {
      const auto index = structure(*nested, here);
      // The size is what was written; parts that do not add up to it tell no layout.
      const bool whole = out_.structure(index).size == layout.size;
      if (whole) layout.structure = index;
      if (whole) layout.kind = ValueKind::structure;
    }
    return layout;
  }

  /// The parts of a structure stand under "struct"; those of "vstruct" and "tmp" right in the field. Lists
  /// repeat the keys once per element, so what remains of them tells no layout.
  static const json::object* nested_in(const json::object& field, std::string_view type) {
    if (type == "struct") {
      const auto* nested = field.if_contains("struct");
      return nested != nullptr && nested->is_object() ? &nested->get_object() : nullptr;
    }
    const bool inside = (type == "vstruct" || type == "tmp") && field.contains("fields");
    return inside ? &field : nullptr;
  }

  Description& out_;
};

Description build(const json::value& root) {
  Description out;
  const Where where{"VM description"};
  const auto& top = object_of(root, where);
  out.page_size = number_in(top, "page_size").value_or(0);
  const auto* devices = array_in(top, "devices", where);
  if (devices == nullptr) refuse(where, "no \"devices\"");
  Builder builder(out);
  for (const auto& device : *devices) builder.device(object_of(device, {"devices"}));
  out.index_devices();
  return out;
}

std::pair<std::string_view, std::uint32_t> key_of(const DeviceLayout& device) noexcept {
  return {device.idstr, device.instance_id};
}

}  // namespace

const DeviceLayout* Description::find(std::string_view idstr, std::uint32_t instance_id,
                                      std::size_t which) const noexcept {
  const auto wanted = std::pair(idstr, instance_id);
  const auto first =
      std::lower_bound(by_name_.begin(), by_name_.end(), wanted,
                       [&](std::uint32_t i, const auto& key) { return key_of(devices[i]) < key; });
  if (which >= static_cast<std::size_t>(by_name_.end() - first)) return nullptr;
  const auto& found = devices[first[static_cast<std::ptrdiff_t>(which)]];
  return key_of(found) == wanted ? &found : nullptr;
}

void Description::index_devices() {
  by_name_.resize(devices.size());
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  std::stable_sort(by_name_.begin(), by_name_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return key_of(devices[a]) < key_of(devices[b]); });
}

ParsedDescription parse_description(std::string_view text) noexcept {
  ParsedDescription out;
  try {
    if (text.size() > max_description) throw Refused("the VM description is longer than 8 MiB");
    json::parse_options options;
    options.max_depth = max_depth;
    json::monotonic_resource memory;  // given back at once: half of the time went into freeing piece by piece
    json::stream_parser parser({}, options);
    parser.reset(&memory);
    boost::system::error_code bad;
    const auto read = parser.write_some(text.data(), text.size(), bad);
    const bool rest = !bad && read != text.size();
    if (!bad && !rest) parser.finish(bad);
    if (bad || rest)
      throw Refused("the VM description is no JSON at offset " + std::to_string(read) + ": " +
                    (rest ? "text behind its end" : bad.message()));
    out.description = build(parser.release());
  } catch (const std::exception& e) {
    out.error = e.what();
  }
  return out;
}

}  // namespace mig::vmstate
