// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/diff/field_diff.hpp"

#include <algorithm>
#include <map>

#include "replay/analyses/words.hpp"
#include "vmstate/virtio.hpp"

namespace mig::replay {
namespace {

/// A field by the path that names it, "state.timer[2].cmp". Elements of an array that is written one by one
/// are counted, since older QEMUs give their index and newer ones do not. Marks of pointers are counted by
/// themselves: newer QEMUs write one before each element.
struct NamedField {
  std::string path;
  const vmstate::Value* value = nullptr;
  std::string group;  ///< path of the structure or subsection it stands in, empty: the device itself
};

std::string name_of(const vmstate::Value& v) {
  return printable(v.name) + (v.kind == vmstate::ValueKind::pointer ? " (pointer)" : "");
}

class Paths {
 public:
  explicit Paths(const vmstate::Decoded& decoded) {
    const auto& values = decoded.values;
    std::map<std::pair<std::size_t, std::string>, std::size_t> times, seen;  // by group and name
    std::vector<std::size_t> groups;  // around each value, innermost last
    std::vector<std::size_t> parents;
    for (std::size_t i = 0; i < values.size(); ++i) {
      groups.resize(values[i].depth);
      parents.push_back(groups.empty() ? values.size() : groups.back());
      ++times[{parents[i], name_of(values[i])}];
      groups.push_back(i);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::pair key(parents[i], name_of(values[i]));
      const auto group = parents[i] < values.size() ? fields_[parents[i]].path : std::string();
      auto path = (group.empty() ? "" : group + ".") + key.second;
      if (times[key] > 1) path += "[" + std::to_string(seen[key]++) + "]";
      by_path_[path] = &values[i];
      fields_.push_back({path, &values[i], group});
    }
  }
  [[nodiscard]] const std::vector<NamedField>& fields() const noexcept { return fields_; }
  /// nullptr: there is no such field. The empty path is the device itself, which is there.
  [[nodiscard]] const vmstate::Value* find(const std::string& path) const {
    const auto found = by_path_.find(path);
    return found != by_path_.end() ? found->second : nullptr;
  }
  [[nodiscard]] bool has_group(const std::string& path) const {
    return path.empty() || find(path) != nullptr;
  }

 private:
  std::map<std::string, const vmstate::Value*> by_path_;
  std::vector<NamedField> fields_;
};

const char* kind_of(const vmstate::Value& v) {
  return v.kind == vmstate::ValueKind::subsection ? "subsection" : "field";
}

bool is_group(const vmstate::Value& v) {
  return v.kind == vmstate::ValueKind::subsection || v.kind == vmstate::ValueKind::structure;
}

/// Features of which a guest has made use: a machine that lacks one of them does not load the device.
bool is_negotiated(const vmstate::Value& v) {
  return v.kind == vmstate::ValueKind::flags && v.type.ends_with(" features");
}

/// "uint32[4], 16 bytes"
std::string shape(const vmstate::Value& v) {
  auto out = printable(v.type);
  if (v.array) out += "[" + std::to_string(v.count) + "]";
  return is_group(v) ? out : out + ", " + std::to_string(v.size) + " bytes";
}

/// Values of one shape: what differs, element by element; of bytes what stands from the first difference on.
class ValueDiff {
 public:
  ValueDiff(const DescribedSection& a, const DescribedSection& b, const std::string& section,
            std::vector<Difference>& out)
      : body_a_(a.section->body), body_b_(b.section->body), section_(section), out_(out) {}

  void compare(const std::string& path, const vmstate::Value& a, const vmstate::Value& b) {
    if (a.kind == vmstate::ValueKind::bytes) return bytes(path, a, b);
    if (a.kind == vmstate::ValueKind::flags) return flags(path, a, b);
    for (std::uint64_t i = 0; i < a.count; ++i) {
      auto left = vmstate::element_text(a, body_a_, i), right = vmstate::element_text(b, body_b_, i);
      if (left != right)
        add(a.array ? path + "[" + std::to_string(i) + "]" : path, std::move(left), std::move(right));
    }
  }

 private:
  void add(std::string path, std::string a, std::string b) {
    out_.push_back({"value", section_, std::move(path), std::move(a), std::move(b)});
  }

  /// The bits that only one side has, by name.
  void flags(const std::string& path, const vmstate::Value& a, const vmstate::Value& b) {
    const auto left = vmstate::number_at(a, body_a_), right = vmstate::number_at(b, body_b_);
    const auto only = [](const vmstate::Value& v, std::uint64_t bits) {
      std::string out;
      for (const auto& name : vmstate::flag_names(v, bits)) out += (out.empty() ? "" : ", ") + name;
      return out.empty() ? std::string("none of these") : out;
    };
    if (left != right) add(path, only(a, left & ~right), only(b, right & ~left));
  }

  void bytes(const std::string& path, const vmstate::Value& a, const vmstate::Value& b) {
    const auto left = body_a_.subspan(a.offset, a.size), right = body_b_.subspan(b.offset, b.size);
    const auto first =
        std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first - left.begin();
    if (static_cast<std::uint64_t>(first) == a.size) return;
    const auto from = [&](vmstate::Value v, Bytes body) {
      constexpr std::size_t shown = 24;
      v.offset += static_cast<std::uint64_t>(first);
      v.size -= static_cast<std::uint64_t>(first);
      v.array = false;
      v.count = 1;
      return vmstate::value_text(v, body, shown);
    };
    add(path + " from byte " + std::to_string(first), from(a, body_a_), from(b, body_b_));
  }

  Bytes body_a_, body_b_;
  const std::string& section_;
  std::vector<Difference>& out_;
};

/// What one side lacks: a field, or a whole group, whose parts are then not listed one by one.
void missing_fields(const Paths& here, const Paths& there, const std::string& section, bool in_a,
                    std::vector<Difference>& out) {
  for (const auto& [path, value, group] : here.fields()) {
    if (there.find(path) != nullptr || !there.has_group(group)) continue;
    const auto is = shape(*value);
    out.push_back({kind_of(*value), section, path, in_a ? is : "", in_a ? "" : is});
  }
}

}  // namespace

void diff_fields(const DescribedSection& a, const DescribedSection& b, bool values,
                 const std::string& section, std::vector<Difference>& out) {
  const Paths in_a(*a.decoded), in_b(*b.decoded);
  ValueDiff contents(a, b, section, out);
  missing_fields(in_a, in_b, section, true, out);
  missing_fields(in_b, in_a, section, false, out);
  for (const auto& [path, value, group] : in_a.fields()) {
    const auto* other = in_b.find(path);
    if (other == nullptr) continue;
    if (shape(*value) != shape(*other)) {
      out.push_back({kind_of(*value), section, path, shape(*value), shape(*other)});
    } else if ((values && !is_group(*value)) || is_negotiated(*value)) {
      contents.compare(path, *value, *other);
    }
  }
}

}  // namespace mig::replay
